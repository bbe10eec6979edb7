# From the time when this module had three resources for the app. The state of that time moves over, and the org has
# nothing to do: the settings become the client, and the client reads the app and the policies that are no longer apart.
# The settings and not the app, because some orgs do not let a consumer be read: the state of the settings has it.

moved {
  from = salesforce_external_client_app_oauth_settings.this
  to   = salesforce_oauth_client.this
}

removed {
  from = salesforce_external_client_app.this
  lifecycle {
    destroy = false
  }
}

removed {
  from = salesforce_external_client_app_policies.this
  lifecycle {
    destroy = false
  }
}
