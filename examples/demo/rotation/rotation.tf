# The demo's last chapter: the secret is handed to where the shop's backend reads it, and rotated. Lies beside main.tf then.
# Needs Terraform 1.11. `make demo` lets a stand-in take Vault's place.

resource "salesforce_org_external_client_app_settings" "org" {
  client_secret_in_rest_api_access_enabled = true
}

resource "salesforce_external_client_app_credential_rotation" "shop" {
  external_client_app = module.shop.external_client_app

  rotate_when_changed          = { version = 1 }
  revoke_previous_when_changed = { version = 1 }

  depends_on = [salesforce_org_external_client_app_settings.org]
}

ephemeral "salesforce_external_client_app_credentials" "shop" {
  external_client_app = salesforce_external_client_app_credential_rotation.shop.external_client_app
  consumer_key        = salesforce_external_client_app_credential_rotation.shop.consumer_key
}

resource "vault_kv_secret_v2" "shop" {
  mount = "secret"
  name  = "shop"

  data_json_wo = jsonencode({
    client_id     = ephemeral.salesforce_external_client_app_credentials.shop.consumer_key
    client_secret = ephemeral.salesforce_external_client_app_credentials.shop.consumer_secret
  })
  # Another number as soon as the key is another one.
  data_json_wo_version = parseint(substr(sha256(salesforce_external_client_app_credential_rotation.shop.consumer_key), 0, 7), 16)
}
