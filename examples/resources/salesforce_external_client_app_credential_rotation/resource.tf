# Terraform 1.6 or later, OpenTofu 1.10 or later.

resource "salesforce_external_client_app" "shop" {
  name          = "Shop"
  label         = "Shop"
  contact_email = "identity@example.com"
}

resource "salesforce_external_client_app_oauth_settings" "shop" {
  external_client_app = salesforce_external_client_app.shop.id

  callback_urls                = ["https://shop.example.com/callback"]
  oauth_scopes                 = ["Api", "OpenID", "RefreshToken"]
  code_credential_flow_enabled = true
  named_user_jwt_enabled       = true
}

resource "salesforce_external_client_app_credential_rotation" "shop" {
  # References the OAuth settings, because they create the consumer.
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  # To rotate, increase the number. The previous credentials remain valid for 30 days.
  rotate_when_changed = { version = 1 }

  # To revoke the previous credentials, increase the number when all clients have the new ones.
  revoke_previous_when_changed = { version = 1 }

  # After a rotation, delays the resources that reference this one.
  wait_for_propagation = "5s"
}

# The client ID to give to clients. The settings show a new key only after the next refresh.
output "client_id" {
  value = salesforce_external_client_app_credential_rotation.shop.consumer_key
}
