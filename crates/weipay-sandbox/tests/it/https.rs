//! HTTPS for SDKs that hard-code the host: names, trust, tunnels, the backup host, and faults under TLS.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, crypto, version};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use weipay_sandbox::control::Client as Control;
use weipay_sandbox::{Authority, Fault, Sandbox};

use crate::client::{Client, Reply, USE};
use crate::payments::{PATH, order};
use crate::samples::USE_BODY;

const MAIN: &str = "api.mch.weixin.qq.com";
const BACKUP: &str = "api2.mch.weixin.qq.com";
const ALL: &[&SupportedProtocolVersion] = &[&version::TLS12, &version::TLS13];

async fn secure() -> (Sandbox, Client) {
    let sandbox = Sandbox::builder().tls(Authority::generate().unwrap()).start().await.unwrap();
    let client = Client::new(&sandbox);
    (sandbox, client)
}

fn roots(ca_pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    roots
}

fn config(ca_pem: &str, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()));
    let config = config.with_protocol_versions(versions).unwrap();
    Arc::new(config.with_root_certificates(roots(ca_pem)).with_no_client_auth())
}

/// Shakes hands over a connection.
async fn shake(stream: TcpStream, sandbox: &Sandbox, name: &str) -> Result<TlsStream<TcpStream>, Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(config(sandbox.ca_pem().unwrap(), ALL)).connect(name, stream).await
}

async fn connect(sandbox: &Sandbox, name: &str) -> Result<TlsStream<TcpStream>, Error> {
    shake(TcpStream::connect(sandbox.addr()).await?, sandbox, name).await
}

/// Sends one request for `name` on a connection that ends with it, and gives all bytes that come.
async fn exchange(
    client: &Client,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    name: &str,
) -> (Vec<u8>, Result<usize, Error>) {
    let draft = client.draft("POST", USE, USE_BODY).header("Host", name);
    stream.write_all(&client.wire(&draft)).await.unwrap();
    let mut answer = Vec::new();
    let end = stream.read_to_end(&mut answer).await;
    (answer, end)
}

/// A signed 200 under this name.
async fn serves(sandbox: &Sandbox, client: &Client, name: &str) {
    let mut stream = connect(sandbox, name).await.unwrap();
    let (answer, end) = exchange(client, &mut stream, name).await;
    end.unwrap_or_else(|error| panic!("{name} does not end as TLS ends: {error}"));
    let reply = Reply::parse(&answer).unwrap();
    reply.is(200);
    client.verify(&reply);
}

#[tokio::test]
async fn one_port_answers_https_under_every_name_and_http() {
    let (sandbox, client) = secure().await;
    for name in [MAIN, BACKUP, "apihk.mch.weixin.qq.com", "localhost", "127.0.0.1"] {
        serves(&sandbox, &client, name).await;
    }
    client.post(USE, USE_BODY).await.is(200);
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        let connector = TlsConnector::from(config(sandbox.ca_pem().unwrap(), versions));
        let stream = TcpStream::connect(sandbox.addr()).await.unwrap();
        let mut stream = connector.connect(MAIN.try_into().unwrap(), stream).await.unwrap();
        let (answer, _) = exchange(&client, &mut stream, MAIN).await;
        Reply::parse(&answer).unwrap().is(200);
    }
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn without_tls_a_handshake_gets_no_tls() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(sandbox.ca_pem(), None);
    let other = Authority::generate().unwrap();
    let connector = TlsConnector::from(config(other.certificate_pem(), ALL));
    let stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    connector.connect(MAIN.try_into().unwrap(), stream).await.unwrap_err();
}

#[tokio::test]
async fn an_authority_serves_again_and_no_other_is_taken() {
    let authority = Authority::generate().unwrap();
    let kept = Authority::from_pem(authority.certificate_pem(), authority.private_key_pem()).unwrap();
    let sandbox = Sandbox::builder().tls(kept).start().await.unwrap();
    assert_eq!(sandbox.ca_pem(), Some(authority.certificate_pem()));
    serves(&sandbox, &Client::new(&sandbox), MAIN).await;

    let other = Authority::generate().unwrap();
    let connector = TlsConnector::from(config(other.certificate_pem(), ALL));
    let stream = TcpStream::connect(sandbox.addr()).await.unwrap();
    let error = connector.connect(MAIN.try_into().unwrap(), stream).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");

    let (certificate, key) = (authority.certificate_pem(), other.private_key_pem());
    for (certificate, key, said) in [
        (certificate, key, "not that of the certificate"),
        ("nonsense", key, "not an X.509 PEM"),
        (certificate, "nonsense", "not a PKCS#8 PEM"),
        (&foreign(key), key, "not made by weipay"),
    ] {
        let error = Authority::from_pem(certificate, key).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    assert!(!format!("{authority:?}").contains("PRIVATE"));
}

/// A certificate of somebody else's authority with this key.
fn foreign(key: &str) -> String {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, "somebody else");
    parameters.self_signed(&KeyPair::from_pem(key).unwrap()).unwrap().pem()
}

#[test]
fn the_authority_can_certify_no_other_host() {
    let authority = Authority::generate().unwrap();
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let roots = Arc::new(roots(authority.certificate_pem()));
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider).build().unwrap();
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = rcgen::DistinguishedName::new();
    issuer.distinguished_name.push(DnType::CommonName, "weipay sandbox, this machine only");
    issuer.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    issuer.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let issuer = Issuer::new(issuer, KeyPair::from_pem(authority.private_key_pem()).unwrap());
    for (name, held) in [(MAIN, true), ("bank.example", false), ("qq.com", false)] {
        let leaf = CertificateParams::new([name.to_owned()]).unwrap();
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap();
        let name_asked = ServerName::try_from(name).unwrap();
        let outcome = verifier.verify_server_cert(leaf.der(), &[], &name_asked, &[], UnixTime::now());
        assert_eq!(outcome.is_ok(), held, "{name}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_program_comes_through_connect_and_nowhere_else() {
    let (sandbox, client) = secure().await;
    let ask = async |host: &str| {
        let mut stream = TcpStream::connect(sandbox.addr()).await.unwrap();
        let request = format!("CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (stream, String::from_utf8(head).unwrap())
    };
    for name in [MAIN, BACKUP] {
        let (stream, head) = ask(name).await;
        assert!(head.starts_with("HTTP/1.1 200 ") && !head.contains("content-length"), "{head}");
        let mut stream = shake(stream, &sandbox, name).await.unwrap();
        let (answer, _) = exchange(&client, &mut stream, name).await;
        Reply::parse(&answer).unwrap().is(200);
    }
    let (_, head) = ask("bank.example").await;
    assert!(head.starts_with("HTTP/1.1 403 "), "{head}");
}

#[tokio::test]
async fn addresses_in_answers_lead_back_here() {
    let (sandbox, client) = secure().await;
    let client = Client::with(&sandbox, sandbox.credentials_of("1230000109").unwrap_or(client.credentials));
    let scene = json!({"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}});
    let mut body = order("https-1", 1);
    body["scene_info"] = scene;
    for (name, start) in [(MAIN, sandbox.url()), ("localhost", "https://localhost".to_owned())] {
        let mut stream = connect(&sandbox, name).await.unwrap();
        let draft = client.draft("POST", &format!("{PATH}/h5"), &body.to_string()).header("Host", name);
        stream.write_all(&client.wire(&draft)).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let reply = Reply::parse(&answer).unwrap();
        reply.is(200);
        let url = reply.value()["h5_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("{start}/sandbox/pay/")), "{url}");
    }
}

async fn struck(id: &str) -> (Sandbox, Client, TlsStream<TcpStream>) {
    let (sandbox, client) = secure().await;
    sandbox.inject(Fault::new(id).unwrap());
    let stream = connect(&sandbox, MAIN).await.unwrap();
    (sandbox, client, stream)
}

#[tokio::test]
async fn t01_t05_a_reset_and_a_cut_are_real_under_tls() {
    let (sandbox, client, mut stream) = struck("T01").await;
    let (answer, end) = exchange(&client, &mut stream, MAIN).await;
    assert_eq!((answer.len(), end.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
    assert_eq!(sandbox.effects().len(), 1);

    let (sandbox, client, mut stream) = struck("T05").await;
    let (answer, end) = exchange(&client, &mut stream, MAIN).await;
    let reply = Reply::parse(&answer).unwrap();
    let whole: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, whole / 2));
    // No close_notify: that would say that nothing is missing.
    assert_eq!(end.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(sandbox.effects().len(), 1);
}

#[tokio::test]
async fn t06_t11_silence_and_a_reset_on_reuse_are_real_under_tls() {
    let (sandbox, client, mut stream) = struck("T06").await;
    let draft = client.draft("POST", USE, USE_BODY);
    stream.write_all(&client.wire(&draft)).await.unwrap();
    let mut answer = Vec::new();
    loop {
        stream.read_buf(&mut answer).await.unwrap();
        let reply = Reply::parse(&answer);
        let half = |reply: &Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap() / 2;
        if reply.is_some_and(|reply| reply.body.len() >= half(&reply)) {
            break;
        }
    }
    let silence = tokio::time::timeout(Duration::from_millis(300), stream.read_u8()).await;
    assert!(silence.is_err());
    assert_eq!(sandbox.effects().len(), 1);

    let (_sandbox, client, mut stream) = struck("T11").await;
    let text = String::from_utf8(client.wire(&client.draft("POST", USE, USE_BODY))).unwrap();
    let text = text.replace("Connection: close\r\n", "");
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = [0; 4096];
    let count = stream.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 200"));
    stream.write_all(text.as_bytes()).await.unwrap();
    let error = loop {
        match stream.read(&mut answer).await {
            Ok(0) => panic!("closed instead of reset"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn t10_the_main_host_is_away_and_the_backup_host_serves() {
    let (sandbox, client) = secure().await;
    let control = Control::new(&sandbox.url(), None);
    control.play("main-host-down").await.unwrap();
    for _ in 0..2 {
        // A handshake that fails, and not a certificate that is not trusted.
        let error = connect(&sandbox, MAIN).await.unwrap_err();
        assert!(error.to_string().contains("InternalError"), "{error}");
        let (answer, end) =
            exchange(&client, &mut TcpStream::connect(sandbox.addr()).await.unwrap(), "x").await;
        assert_eq!((answer.len(), end.unwrap_err().kind()), (0, ErrorKind::ConnectionReset));
    }
    assert_eq!(sandbox.effects().len(), 0, "nothing was executed");

    serves(&sandbox, &client, BACKUP).await;
    let backup = sandbox.backup_url();
    let mut stream = TcpStream::connect(backup.strip_prefix("http://").unwrap()).await.unwrap();
    let (answer, _) = exchange(&client, &mut stream, "localhost").await;
    Reply::parse(&answer).unwrap().is(200);
    let stream = TcpStream::connect(backup.strip_prefix("http://").unwrap()).await.unwrap();
    shake(stream, &sandbox, "localhost").await.unwrap();
    assert_eq!(sandbox.effects().len(), 1);

    control.clear_faults().await.unwrap();
    serves(&sandbox, &client, MAIN).await;
}

#[tokio::test]
async fn t10_can_be_meant_for_one_operation() {
    let (sandbox, client) = secure().await;
    sandbox.inject(Fault::new("T10").unwrap().on("businesscircle_points_notify"));
    serves(&sandbox, &client, MAIN).await;
    let draft = client.draft("POST", crate::client::NOTIFY, crate::samples::NOTIFY_BODY);
    assert!(client.exchange(&draft).await.is_err());
    client.send(&draft).await.is(204);
}
