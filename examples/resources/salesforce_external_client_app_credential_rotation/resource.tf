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
  # The settings and not the app: they make the consumer, whose key and secret these are.
  external_client_app = salesforce_external_client_app_oauth_settings.shop.id

  # Raise it, and the next apply rotates. Clients may use the previous pair for 30 days more.
  rotate_when_changed = { version = 1 }

  # Raise it when all clients have the new pair, and the next apply ends the previous one.
  revoke_previous_when_changed = { version = 1 }

  # What refers to this resource goes on this long after a rotation.
  wait_for_propagation = "5s"
}

# The client ID that clients should use: this one, since the one of the settings is a refresh late.
output "client_id" {
  value = salesforce_external_client_app_credential_rotation.shop.consumer_key
}
