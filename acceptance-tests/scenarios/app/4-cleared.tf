# Omitted attributes are cleared in the org, or get their default.
# plan: salesforce_external_client_app.shop = update
# org: ExternalClientApplication of Shop: label = Shop
# org: ExternalClientApplication of Shop: contactEmail =
# org: ExternalClientApplication of Shop: contactPhone =
# org: ExternalClientApplication of Shop: description =
# org: ExternalClientApplication of Shop: iconUrl =
# org: ExternalClientApplication of Shop: logoUrl =
# org: ExternalClientApplication of Shop: distributionState = Local
# org: ExternalClientApplication of Shop: isProtected = false

resource "salesforce_external_client_app" "shop" {
  name  = "Shop"
  label = "Shop"
}
