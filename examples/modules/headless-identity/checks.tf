# Checks add warnings, not errors, so that an apply can change an org that is not ready yet.

check "scopes" {
  assert {
    condition     = !(local.is_public && contains(var.scopes, "Web"))
    error_message = "Scope Web with a public client: a stolen token can be used to open a session on Salesforce pages."
  }
}

# Outside of the check: Terraform reads a nested data source at every apply, so no plan would be empty.
data "salesforce_headless_identity_readiness" "this" {
  count = var.check_readiness ? 1 : 0

  external_client_app = var.name
  client_type         = var.client_type
  site                = var.site

  # Read the org after these changes.
  depends_on = [
    salesforce_org_oauth_oidc_settings.this,
    salesforce_oauth_client.this,
  ]
}

check "readiness" {
  # Settings that could not be read do not cause a warning in every plan. They are in the output readiness.
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
