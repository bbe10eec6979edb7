# Warnings, never errors: an org that is not ready yet is no reason to refuse what makes it ready.

check "scopes" {
  assert {
    condition     = !(local.is_public && contains(var.scopes, "Web"))
    error_message = "The scope Web with a public client: a stolen token can be turned into a session in Salesforce's pages."
  }
}

# Outside of the check: what is inside of one is read again by every apply, so that no plan would be empty.
data "salesforce_headless_identity_readiness" "this" {
  external_client_app = salesforce_external_client_app_policies.this.id
}

check "readiness" {
  # What could not be read is unknown, and no reason to warn at every plan. The data source lists it.
  assert {
    condition = length(setintersection(var.variants, data.salesforce_headless_identity_readiness.this.not_ready_variants)) == 0
    error_message = join(" ", [
      for variant in var.variants :
      "${variant} is not ready: ${jsonencode(data.salesforce_headless_identity_readiness.this[variant].blocking)}."
      if contains(data.salesforce_headless_identity_readiness.this.not_ready_variants, variant)
    ])
  }
}
