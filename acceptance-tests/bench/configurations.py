"""The measured configurations: N apps of three resources each, N clients of one each."""

HEAD = """terraform {
  required_providers {
    salesforce = { source = "salesforce-community/salesforce" }
  }
}
"""

APPS = """
resource "salesforce_external_client_app" "app" {
  count = %(n)d
  name  = "App${count.index}"
  label = "%(label)s ${count.index}"
}

resource "salesforce_external_client_app_oauth_settings" "app" {
  count               = %(n)d
  external_client_app = salesforce_external_client_app.app[count.index].id
  callback_urls       = ["https://app${count.index}.example.com/callback"]
  oauth_scopes        = ["Api"]
}

resource "salesforce_external_client_app_policies" "app" {
  count               = %(n)d
  external_client_app = salesforce_external_client_app_oauth_settings.app[count.index].id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}
"""

WRITTEN_OUT = """
resource "salesforce_external_client_app" "app%(i)d" {
  name  = "App%(i)d"
  label = "App %(i)d"
}

resource "salesforce_external_client_app_oauth_settings" "app%(i)d" {
  external_client_app = salesforce_external_client_app.app%(i)d.id
  callback_urls       = ["https://app%(i)d.example.com/callback"]
  oauth_scopes        = ["%(scope)s"]
}

resource "salesforce_external_client_app_policies" "app%(i)d" {
  external_client_app = salesforce_external_client_app_oauth_settings.app%(i)d.id
  permitted_users     = "AdminApprovedPreAuthorized"
  permission_sets     = ["Shop_Customer"]
}
"""

CLIENTS = """
resource "salesforce_oauth_client" "app" {
  count         = %(n)d
  name          = "App${count.index}"
  label         = "%(label)s ${count.index}"
  callback_urls = ["https://app${count.index}.example.com/callback"]
  oauth_scopes  = ["Api"]

  policies {
    permitted_users = "AdminApprovedPreAuthorized"
    permission_sets = ["Shop_Customer"]
  }
}
"""

# The settings need the policies to be disabled first, the policies need the settings to be enabled first.
WITH_GUESTS = """
resource "salesforce_oauth_client" "app" {
  name                         = "App"
  label                        = "App"
  callback_urls                = ["https://app.example.com/callback"]
  oauth_scopes                 = ["Api"]
  code_credential_flow_enabled = %(on)s
  named_user_jwt_enabled       = %(on)s

  policies {
    guest_code_credential_flow_enabled = %(on)s
  }
}
"""

ONE_RESOURCE = HEAD + """
resource "salesforce_external_client_app" "app" {
  name  = "App"
  label = "App"
}
"""


def apps(n, label="App"):
    return HEAD + APPS % {"n": n, "label": label}


def clients(n, label="App"):
    return HEAD + CLIENTS % {"n": n, "label": label}


def client_with_guests(on):
    return HEAD + WITH_GUESTS % {"on": "true" if on else "false"}


def written_out(n, with_a_bad_app):
    """The same with a block for each resource: with `count`, Terraform delays all policies until the settings of all
    apps are done, and starts none when one has failed. The bad app has a scope that only the org knows to be invalid."""
    scope = lambda i: "Ghost_Scope" if with_a_bad_app and i == n // 2 else "Api"
    return HEAD + "".join(WRITTEN_OUT % {"i": i, "scope": scope(i)} for i in range(n))
