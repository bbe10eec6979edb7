# Warnings, never errors: an org that is not ready must not block the apply that prepares it.

check "scopes" {
  assert {
    condition     = !(local.is_public && contains(var.scopes, "Web"))
    error_message = "The scope Web with a public client: a stolen token can be turned into a session in Salesforce's pages."
  }
}

# Outside of the check block: Terraform reads a data source inside it at every apply, so no plan would be empty.
data "salesforce_headless_identity_readiness" "this" {
  count = var.check_readiness ? 1 : 0

  external_client_app = var.name
  client_type         = var.client_type
  site                = var.site

  # After the changes.
  depends_on = [
    salesforce_org_oauth_oidc_settings.this,
    salesforce_external_client_app.this,
    salesforce_external_client_app_oauth_settings.this,
    salesforce_external_client_app_policies.this,
  ]
}

check "readiness" {
  # Unreadable gates are unknown, which is no reason for a warning in every plan: see the output readiness.
  assert {
    condition = alltrue([
      for readiness in data.salesforce_headless_identity_readiness.this :
      length(setintersection(var.variants, readiness.not_ready_variants)) == 0
    ])
    error_message = join(" ", flatten([
      for readiness in data.salesforce_headless_identity_readiness.this : [
        for variant in setintersection(var.variants, readiness.not_ready_variants) :
        "${variant} is not ready: ${jsonencode(readiness[variant].blocking)}."
      ]
    ]))
  }
}
