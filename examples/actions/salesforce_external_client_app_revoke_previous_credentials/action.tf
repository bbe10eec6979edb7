# Terraform 1.14 or later; not in OpenTofu.
# Ends the pair of before, as soon as a version of the backend that has the new one is out.
action "salesforce_external_client_app_revoke_previous_credentials" "shop" {
  config {
    external_client_app = "Shop"
  }
}

resource "terraform_data" "release" {
  input = "2026-11-29"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.salesforce_external_client_app_revoke_previous_credentials.shop]
    }
  }
}
