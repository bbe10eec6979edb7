//! AutoMTLS: each side makes a certificate for one run, and each accepts exactly the other's. Not here: the
//! accept loop (`connections`).
//!
//! Terraform's certificate is a P-521 CA certificate used as an end entity, so building a chain is the wrong
//! tool: the bytes are compared, and then the handshake's signature proves that the peer has the key.

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

/// Why there can be no TLS. There is no way on in plain text.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("PLUGIN_CLIENT_CERT holds no certificate that can be read")]
    ClientCertificate,
    #[error("cannot make a certificate for this run")]
    OwnCertificate(#[from] rcgen::Error),
    #[error("cannot set up TLS")]
    Setup(#[from] Error),
}

/// This run's side of TLS.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    /// Our certificate, for the handshake line.
    pub certificate: Vec<u8>,
}

impl Tls {
    /// TLS that only the owner of the certificate in `client_pem` can speak.
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
        // One connection per run: nothing is resumed.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
        Ok(Tls {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate: certificate.der().to_vec(),
        })
    }
}

/// Accepts one certificate, and only from who has its key.
#[derive(Debug)]
struct PinnedClient {
    certificate: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl PinnedClient {
    fn new(certificate: CertificateDer<'static>, provider: &CryptoProvider) -> PinnedClient {
        PinnedClient {
            certificate,
            algorithms: provider.signature_verification_algorithms,
        }
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

/// ECDSA over P-521 with SHA-512, which ring lacks.
#[derive(Debug)]
struct EcdsaP521;

static P521: &[&dyn SignatureVerificationAlgorithm] = &[&EcdsaP521];
static P521_ONLY: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: P521,
    mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, P521)],
};

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
