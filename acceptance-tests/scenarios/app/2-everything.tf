# Every attribute, in place, with characters that are special in XML.
# plan: salesforce_external_client_app.shop = update
# switches: salesforce_external_client_app.shop of Shop
# org: ExternalClientApplication of Shop: label = Käse & <Wurst> "to go" 🧀
# org: ExternalClientApplication of Shop: contactEmail = identity@example.com
# org: ExternalClientApplication of Shop: contactPhone = +49 30 123456
# org: ExternalClientApplication of Shop: description = Two lines:\nthis is the second.
# org: ExternalClientApplication of Shop: iconUrl = https://shop.example.com/icon.png?a=1&b=2
# org: ExternalClientApplication of Shop: logoUrl = https://shop.example.com/logo.png
# org: ExternalClientApplication of Shop: distributionState = Packaged
# org: ExternalClientApplication of Shop: isProtected = true

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
}
