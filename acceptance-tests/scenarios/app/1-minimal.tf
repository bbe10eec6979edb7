# The minimal configuration of an app; all other attributes have a default or stay empty.
# plan: salesforce_external_client_app.shop = create
# org: ExternalClientApplication of Shop: label = Shop
# org: ExternalClientApplication of Shop: contactEmail =
# org: ExternalClientApplication of Shop: distributionState = Local
# org: ExternalClientApplication of Shop: isProtected = false

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}
