//! Certificates of a private authority, valid and with one flaw each.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SigningKey, date_time_ymd,
};

/// How long a certificate with [`Flaw::ExpiresSoon`] is valid: long enough for a server to load it.
pub const EXPIRES_AFTER: Duration = Duration::from_secs(8);

/// The flaw of a server certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// None: valid for 127.0.0.1 and `localhost`.
    None,
    /// Valid for another host only.
    WrongHost,
    /// Expires [`EXPIRES_AFTER`] after its issue. MySQL does not load a certificate that has already expired.
    ExpiresSoon,
    /// Marked as the certificate of an authority, like most self-signed certificates.
    IsAuthority,
    /// X.509 version 1, which has no extensions and thus no subject alternative name.
    Version1,
}

/// The files of a server certificate, in PEM.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// Creates an authority with a name.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes the certificate of the authority to a file.
    pub fn write_to(&self, file: &Path) {
        fs::write(file, self.0.pem()).unwrap();
    }

    /// Issues a server certificate and writes it to `server.pem` and `server.key` in a folder.
    pub fn issue(&self, flaw: Flaw, folder: &Path) -> CertificateFiles {
        let hosts: &[&str] =
            if flaw == Flaw::WrongHost { &["db.example.org"] } else { &["127.0.0.1", "localhost"] };
        let names: Vec<_> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, "server");
        if flaw == Flaw::ExpiresSoon {
            let age_of_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            params.not_after = date_time_ymd(1970, 1, 1) + age_of_epoch + EXPIRES_AFTER;
        }
        if flaw == Flaw::IsAuthority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let pem = match flaw {
            Flaw::Version1 => pem::encode(&pem::Pem::new("CERTIFICATE", self.downgrade(certificate.der()))),
            _ => certificate.pem(),
        };
        let files =
            CertificateFiles { certificate: folder.join("server.pem"), key: folder.join("server.key") };
        fs::write(&files.certificate, pem).unwrap();
        fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    /// Turns a certificate into one of version 1: removes the version and the extensions, and signs the rest again.
    fn downgrade(&self, certificate: &[u8]) -> Vec<u8> {
        /// The first bytes of the version and of the extensions in the signed part (RFC 5280 4.1).
        const VERSION_3_ONLY: [u8; 2] = [0xA0, 0xA3];
        let [body, algorithm, _]: [Vec<u8>; 3] = elements(certificate).try_into().unwrap();
        let is_in_version_1 = |field: &Vec<u8>| !VERSION_3_ONLY.iter().any(|tag| field.starts_with(&[*tag]));
        let signed = sequence(&elements(&body).into_iter().filter(is_in_version_1).collect::<Vec<_>>());
        let signature = self.0.key().sign(&signed).unwrap();
        let signature =
            yasna::construct_der(|writer| writer.write_bitvec_bytes(&signature, signature.len() * 8));
        sequence(&[signed, algorithm, signature])
    }
}

/// Returns the elements of a DER sequence, each with its tag and length.
fn elements(sequence: &[u8]) -> Vec<Vec<u8>> {
    yasna::parse_der(sequence, |reader| reader.collect_sequence_of(|reader| reader.read_der())).unwrap()
}

/// Returns a DER sequence of elements.
fn sequence(elements: &[Vec<u8>]) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| elements.iter().for_each(|element| writer.next().write_der(element)));
    })
}
