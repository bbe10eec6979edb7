# Terraform 1.8 or later, OpenTofu 1.10 or later.
# "0PSD000000IqhSLOAZ", the form that Salesforce's APIs return.
output "permission_set_id" {
  value = provider::salesforce::record_id_18("0PSD000000IqhSL")
}
