# A provider-side attribute changes only the state, not the org.
# plan: salesforce_external_client_app.shop = update
# org: ExternalClientApplication of Shop: contactPhone = +49 30 123456

resource "salesforce_external_client_app" "shop" {
  name               = "Shop"
  label              = "Käse & <Wurst> \"to go\" 🧀"
  contact_email      = "identity@example.com"
  contact_phone      = "+49 30 123456"
  description        = "Two lines:\nthis is the second."
  icon_url           = "https://shop.example.com/icon.png?a=1&b=2"
  logo_url           = "https://shop.example.com/logo.png"
  distribution_state = "Packaged"
  package_protected  = true

  timeouts {
    create = "5m"
    delete = "3m"
  }
}
