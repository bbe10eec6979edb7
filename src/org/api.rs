//! The seam below this layer: what it needs of a Salesforce client. The tests have a scripted one.

use std::future::Future;
use std::pin::Pin;

use super::SessionFacts;
use crate::salesforce::{
    Client, Consumer, DeployOptions, DeployReport, Error, FileProperties, QueryPage, Retrieved, Staged,
};
use crate::secret::Secret;

/// A record of a query: columns by name.
pub type Row = serde_json::Map<String, serde_json::Value>;

/// A call under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A call under way that may fail.
pub type ApiFuture<'a, T> = Pending<'a, Result<T, Error>>;

/// One org, one session. The methods are those of [`Client`] and mean the same.
pub trait MetadataApi: Send + Sync {
    fn session(&self) -> ApiFuture<'_, SessionFacts>;
    fn known_api_version(&self) -> Pending<'_, Option<u16>>;
    fn refresh_token_was_rotated(&self) -> bool {
        false
    }
    fn start_deploy<'a>(&'a self, zip: &'a [u8], options: &'a DeployOptions) -> ApiFuture<'a, String>;
    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport>;
    fn cancel_deploy<'a>(&'a self, id: &'a str) -> ApiFuture<'a, ()>;
    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved>;
    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>>;
    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>>;
    /// One page, and the next one. What knows no pages has one.
    fn query_page<'a>(&'a self, page: &'a QueryPage) -> ApiFuture<'a, (Vec<Row>, Option<QueryPage>)> {
        Box::pin(async move {
            match page {
                QueryPage::First(soql) => Ok((self.query(soql).await?, None)),
                QueryPage::Further(_) => Ok((Vec::new(), None)),
            }
        })
    }
    /// [`Client::tooling_query`], for the org's list of deploys.
    fn deploy_requests<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>>;
    fn count<'a>(&'a self, object: &'a str) -> ApiFuture<'a, u64>;
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

impl MetadataApi for Client {
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

    fn known_api_version(&self) -> Pending<'_, Option<u16>> {
        Box::pin(Client::known_api_version(self))
    }

    fn refresh_token_was_rotated(&self) -> bool {
        Client::refresh_token_was_rotated(self)
    }

    fn start_deploy<'a>(&'a self, zip: &'a [u8], options: &'a DeployOptions) -> ApiFuture<'a, String> {
        Box::pin(Client::start_deploy(self, zip, options))
    }

    fn deploy_status<'a>(&'a self, id: &'a str) -> ApiFuture<'a, DeployReport> {
        Box::pin(Client::deploy_status(self, id))
    }

    fn cancel_deploy<'a>(&'a self, id: &'a str) -> ApiFuture<'a, ()> {
        Box::pin(Client::cancel_deploy(self, id))
    }

    fn retrieve<'a>(&'a self, members: &'a [(String, Vec<String>)]) -> ApiFuture<'a, Retrieved> {
        Box::pin(Client::retrieve(self, members))
    }

    fn list_metadata<'a>(&'a self, types: &'a [&'a str]) -> ApiFuture<'a, Vec<FileProperties>> {
        Box::pin(Client::list_metadata(self, types))
    }

    fn query<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(Client::query(self, soql))
    }

    fn query_page<'a>(&'a self, page: &'a QueryPage) -> ApiFuture<'a, (Vec<Row>, Option<QueryPage>)> {
        Box::pin(Client::query_page(self, page))
    }

    fn deploy_requests<'a>(&'a self, soql: &'a str) -> ApiFuture<'a, Vec<Row>> {
        Box::pin(Client::tooling_query(self, soql))
    }

    fn count<'a>(&'a self, object: &'a str) -> ApiFuture<'a, u64> {
        Box::pin(Client::count(self, object))
    }

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
