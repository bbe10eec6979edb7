//! The parts of the Salesforce client that this layer uses, as traits. Tests replace the parts that they need.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::SessionFacts;
use crate::salesforce::{
    Client, Consumer, DeployReport, Error, FileProperties, QueryPage, Retrieved, Staged,
};
use crate::secret::Secret;

/// A record that a query returns: the values by column name.
pub type Row = serde_json::Map<String, serde_json::Value>;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub type ApiFuture<'a, T> = BoxFuture<'a, Result<T, Error>>;

/// The APIs of one org, with one session. [`Client`] implements all of them.
#[derive(Clone)]
pub struct Apis {
    pub connection: Arc<dyn Connection>,
    pub reads: Arc<dyn MetadataReads>,
    pub deploys: Arc<dyn Deploys>,
    pub queries: Arc<dyn Queries>,
    pub credentials: Arc<dyn CredentialsApi>,
}

impl<T: Connection + MetadataReads + Deploys + Queries + CredentialsApi + 'static> From<Arc<T>> for Apis {
    fn from(client: Arc<T>) -> Apis {
        Apis {
            connection: client.clone(),
            reads: client.clone(),
            deploys: client.clone(),
            queries: client.clone(),
            credentials: client,
        }
    }
}

/// The session with the org.
pub trait Connection: Send + Sync {
    fn session(&self) -> ApiFuture<'_, SessionFacts>;
    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>>;
    fn refresh_token_was_rotated(&self) -> bool {
        false
    }
    fn version_of_session(&self) -> Option<u16> {
        None
    }
}

/// Read calls of the Metadata API.
pub trait MetadataReads: Send + Sync {
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved>;
    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>>;
}

/// Deploy calls of the Metadata API.
pub trait Deploys: Send + Sync {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], ignore_warnings: bool) -> ApiFuture<'a, String>;
    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport>;
    fn cancel_deploy<'a>(&'a self, id: &'a str) -> ApiFuture<'a, ()>;
}

/// SOQL queries.
pub trait Queries: Send + Sync {
    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>>;
    /// One page of records, and the next page to request. By default, one page contains all records.
    fn query_page<'a>(&'a self, page: &'a QueryPage) -> ApiFuture<'a, (Vec<Row>, Option<QueryPage>)> {
        Box::pin(async move {
            match page {
                QueryPage::First(soql) => Ok((self.query(soql).await?, None)),
                QueryPage::Further(_) => Ok((Vec::new(), None)),
            }
        })
    }
    fn count<'a>(&'a self, object: &'a str) -> ApiFuture<'a, u64>;
    /// A query of the Tooling API, which lists the org's deploys.
    fn tooling_query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>>;
}

/// Consumer keys, secrets and staged credentials.
pub trait CredentialsApi: Send + Sync {
    fn consumer_credentials<'a>(&'a self, app_id: &'a str) -> ApiFuture<'a, Vec<Consumer>>;
    fn consumer_secret<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
    ) -> ApiFuture<'a, (String, Secret)>;
    fn staged_credentials<'a>(&'a self, app_id: &'a str, consumer_id: &'a str) -> ApiFuture<'a, Vec<Staged>>;
    fn stage_credentials<'a>(&'a self, app_id: &'a str, consumer_id: &'a str) -> ApiFuture<'a, Vec<Staged>>;
    fn rotate_credentials<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
        staged_id: &'a str,
    ) -> ApiFuture<'a, ()>;
    fn revoke_credentials<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
        staged_id: &'a str,
    ) -> ApiFuture<'a, ()>;
}

impl Connection for Client {
    fn session(&self) -> ApiFuture<'_, SessionFacts> {
        Box::pin(async {
            let session = Client::session(self).await?;
            Ok(SessionFacts::new(
                &session.org_id,
                &session.user_id,
                session.api_version,
                session.instance_url.as_str().trim_end_matches('/'),
            ))
        })
    }

    fn known_api_version(&self) -> BoxFuture<'_, Option<u16>> {
        Box::pin(Client::known_api_version(self))
    }

    fn version_of_session(&self) -> Option<u16> {
        Client::version_of_session(self)
    }

    fn refresh_token_was_rotated(&self) -> bool {
        Client::refresh_token_was_rotated(self)
    }
}

impl MetadataReads for Client {
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved> {
        Box::pin(Client::retrieve(self, members))
    }

    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>> {
        Box::pin(Client::list_metadata(self, types))
    }
}

impl Deploys for Client {
    fn start_deploy<'a>(&'a self, zip: &'a [u8], ignore_warnings: bool) -> ApiFuture<'a, String> {
        Box::pin(Client::start_deploy(self, zip, ignore_warnings))
    }

    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(Client::deploy_status(self, id))
    }

    fn cancel_deploy<'a>(&'a self, id: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(Client::cancel_deploy(self, id))
    }
}

impl Queries for Client {
    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(Client::query(self, soql))
    }

    fn query_page<'a>(&'a self, page: &'a QueryPage) -> ApiFuture<'a, (Vec<Row>, Option<QueryPage>)> {
        Box::pin(Client::query_page(self, page))
    }

    fn count<'a>(&'a self, object: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(Client::count(self, object))
    }

    fn tooling_query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(Client::tooling_query(self, soql))
    }
}

impl CredentialsApi for Client {
    fn consumer_credentials<'a>(&'a self, app_id: &'a str) -> ApiFuture<'a, Vec<Consumer>> {
        Box::pin(Client::consumer_credentials(self, app_id))
    }

    fn consumer_secret<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
    ) -> ApiFuture<'a, (String, Secret)> {
        Box::pin(Client::consumer_secret(self, app_id, consumer_id))
    }

    fn staged_credentials<'a>(&'a self, app_id: &'a str, consumer_id: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(Client::staged_credentials(self, app_id, consumer_id))
    }

    fn stage_credentials<'a>(&'a self, app_id: &'a str, consumer_id: &'a str) -> ApiFuture<'a, Vec<Staged>> {
        Box::pin(Client::stage_credentials(self, app_id, consumer_id))
    }

    fn rotate_credentials<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
        staged_id: &'a str,
    ) -> ApiFuture<'a, ()> {
        Box::pin(Client::rotate_credentials(self, app_id, consumer_id, staged_id))
    }

    fn revoke_credentials<'a>(
        &'a self,
        app_id: &'a str,
        consumer_id: &'a str,
        staged_id: &'a str,
    ) -> ApiFuture<'a, ()> {
        Box::pin(Client::revoke_credentials(self, app_id, consumer_id, staged_id))
    }
}
