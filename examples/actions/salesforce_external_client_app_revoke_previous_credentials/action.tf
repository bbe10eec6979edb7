# Terraform 1.14 or later; not in OpenTofu.
# Revokes the previous credentials after the backend has been deployed with the new ones.
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
