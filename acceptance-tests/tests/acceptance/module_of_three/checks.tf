# Warnings, never errors: an org that is not ready yet is no reason to refuse what makes it ready.

check "scopes" {
  assert {
    condition     = !(local.is_public && contains(var.scopes, "Web"))
    error_message = "The scope Web with a public client: a stolen token can be turned into a session in Salesforce's pages."
  }
}

# Beside the check and not inside it: Terraform reads what is inside at every apply, and so no plan would be empty.
data "salesforce_headless_identity_readiness" "this" {
  count = var.check_readiness ? 1 : 0

  external_client_app = var.name
  client_type         = var.client_type
  site                = var.site

  # After what changes, and not before it.
  depends_on = [
    salesforce_org_oauth_oidc_settings.this,
    salesforce_external_client_app.this,
    salesforce_external_client_app_oauth_settings.this,
    salesforce_external_client_app_policies.this,
  ]
}

check "readiness" {
  # What could not be read is unknown, and no reason to warn at every plan: the output readiness has it.
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
