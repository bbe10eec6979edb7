# An earlier version of this module had three resources. These blocks move its state without changing the org: the
# settings become salesforce_oauth_client.this, which reads the app and the policies.
# The settings move instead of the app, because their state contains the consumer, which some orgs do not return.

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
