//! AutoMTLS: each side generates a certificate per run and accepts only the certificate of the other side. Not here:
//! the accept loop (`connections`).
//!
//! Terraform's certificate is a P-521 CA certificate used as an end entity, so chain validation does not apply. The
//! certificate is compared byte by byte, and the signature of the handshake proves possession of the key.

use std::sync::Arc;

use p521::ecdsa::signature::Verifier as _;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, PrivateKeyDer, PrivatePkcs8KeyDer,
    SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};
use tokio_rustls::TlsAcceptor;

/// Why TLS cannot be used. There is no fallback to plaintext.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("PLUGIN_CLIENT_CERT is not a valid certificate")]
    ClientCertificate,
    #[error("cannot generate a certificate")]
    OwnCertificate(#[from] rcgen::Error),
    #[error("cannot set up TLS")]
    Setup(#[from] Error),
}

/// The TLS server of this run.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    /// The server's certificate, for the handshake line.
    pub certificate: Vec<u8>,
}

impl Tls {
    /// TLS that accepts only the client with the certificate in `client_pem`.
    pub fn pinned_to(client_pem: &str) -> Result<Tls, TlsError> {
        let client =
            CertificateDer::from_pem_slice(client_pem.as_bytes()).map_err(|_| TlsError::ClientCertificate)?;
        rustls::server::ParsedCertificate::try_from(&client).map_err(|_| TlsError::ClientCertificate)?;

        let key = rcgen::KeyPair::generate()?;
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));

        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(PinnedClient::new(client, &provider));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        // Terraform normally opens one connection per run, so session resumption is disabled.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), certificate: certificate.der().to_vec() })
    }
}

/// Accepts one client certificate and verifies possession of its key.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> PinnedClient {
        PinnedClient { certificate, algorithms: provider.signature_verification_algorithms }
    }

    fn algorithms(&self, scheme: SignatureScheme) -> &WebPkiSupportedAlgorithms {
        match scheme {
            SignatureScheme::ECDSA_NISTP521_SHA512 => &P521_ONLY,
            _ => &self.algorithms,
        }
    }
}

impl ClientCertVerifier for PinnedClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if end_entity.as_ref() == self.certificate.as_ref() {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, self.algorithms(dss.scheme))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, self.algorithms(dss.scheme))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = vec![SignatureScheme::ECDSA_NISTP521_SHA512];
        schemes.extend(self.algorithms.supported_schemes());
        schemes
    }
}

/// ECDSA over P-521 with SHA-512, which ring does not support.
#[derive(Debug)]
struct EcdsaP521;

static P521: &[&dyn SignatureVerificationAlgorithm] = &[&EcdsaP521];
static P521_ONLY: WebPkiSupportedAlgorithms =
    WebPkiSupportedAlgorithms { all: P521, mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, P521)] };

impl SignatureVerificationAlgorithm for EcdsaP521 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = p521::ecdsa::Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

#[cfg(test)]
mod tests {
    use p521::ecdsa::signature::Signer as _;
    use rustls::client::{ClientConfig, ResolvesClientCert};
    use rustls::pki_types::ServerName;
    use rustls::sign::{CertifiedKey, Signer, SigningKey};
    use rustls::{RootCertStore, SignatureAlgorithm, SupportedProtocolVersion};

    use super::*;

    /// A certificate like Terraform's: a self-signed P-521 CA certificate for the key [`KEY`].
    const TERRAFORM: &str = include_str!("testdata/terraform_client.pem");
    const KEY: u8 = 0x42;

    /// A P-521 key whose last 65 bytes are equal.
    #[derive(Clone, Debug)]
    struct Key(u8);

    impl Key {
        fn key(&self) -> p521::ecdsa::SigningKey {
            let mut scalar = [self.0; 66];
            scalar[0] = 0;
            p521::ecdsa::SigningKey::from_slice(&scalar).unwrap()
        }
    }

    impl SigningKey for Key {
        fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
            offered
                .contains(&SignatureScheme::ECDSA_NISTP521_SHA512)
                .then(|| Box::new(self.clone()) as Box<dyn Signer>)
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::ECDSA
        }
    }

    impl Signer for Key {
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
            let signature: p521::ecdsa::Signature = self.key().sign(message);
            Ok(signature.to_der().as_bytes().to_vec())
        }

        fn scheme(&self) -> SignatureScheme {
            SignatureScheme::ECDSA_NISTP521_SHA512
        }
    }

    /// Always sends this certificate.
    #[derive(Debug)]
    struct Sends(Arc<CertifiedKey>);

    impl ResolvesClientCert for Sends {
        fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }

        fn has_certs(&self) -> bool {
            true
        }
    }

    fn p521_client(key: u8) -> CertifiedKey {
        let certificate = CertificateDer::from_pem_slice(TERRAFORM.as_bytes()).unwrap();
        CertifiedKey::new(vec![certificate], Arc::new(Key(key)))
    }

    /// A P-256 certificate and its PEM.
    fn p256_client() -> (CertifiedKey, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = ring::sign::any_supported_type(&der).unwrap();
        (CertifiedKey::new(vec![certificate.der().clone()], signer), certificate.pem())
    }

    /// Whether the server accepts a client.
    async fn accepted(
        pinned: &str,
        client: Option<CertifiedKey>,
        version: &'static SupportedProtocolVersion,
    ) -> Result<(), String> {
        let tls = Tls::pinned_to(pinned).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(tls.certificate.clone())).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match client {
            Some(client) => config.with_client_cert_resolver(Arc::new(Sends(Arc::new(client)))),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let (near, far) = tokio::io::duplex(64 * 1024);
        let name = ServerName::try_from("localhost").unwrap();
        let (server, client) = tokio::join!(tls.acceptor.accept(near), connector.connect(name, far));
        match (server, client) {
            (Ok(server), Ok(_)) => {
                assert_eq!(server.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                Ok(())
            }
            (Err(error), _) => Err(error.to_string()),
            (Ok(_), Err(error)) => panic!("only the client failed: {error}"),
        }
    }

    static VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

    #[tokio::test]
    async fn the_pinned_client_is_accepted() {
        for version in VERSIONS {
            assert_eq!(accepted(TERRAFORM, Some(p521_client(KEY)), version).await, Ok(()));
            let (client, pem) = p256_client();
            assert_eq!(accepted(&pem, Some(client), version).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn other_clients_are_rejected() {
        for version in VERSIONS {
            let none = accepted(TERRAFORM, None, version).await.unwrap_err();
            assert!(none.contains("no certificates"), "{none}");
            let (other, _) = p256_client();
            let other = accepted(TERRAFORM, Some(other), version).await.unwrap_err();
            assert!(other.contains("ApplicationVerificationFailure"), "{other}");
            let stolen = accepted(TERRAFORM, Some(p521_client(0x41)), version).await.unwrap_err();
            assert!(stolen.contains("BadSignature"), "{stolen}");
        }
    }

    #[test]
    fn an_invalid_certificate_is_an_error() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let garbage = "-----BEGIN CERTIFICATE-----\nAQIDBA==\n-----END CERTIFICATE-----\n";
        for pem in ["x", &key, garbage, &TERRAFORM[..200]] {
            assert!(matches!(Tls::pinned_to(pem), Err(TlsError::ClientCertificate)), "{pem}");
        }
    }
}
