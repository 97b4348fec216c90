//! Merchant handles: two pointers each, one pool for all.

use std::mem::size_of;

use weipay::{Client, Error, blocking};

use crate::clients::{Kind, both};
use crate::world::{answers, client, credential, redeem, signed};

both![ten_thousand_handles_share_one_pool];

fn ten_thousand_handles_share_one_pool<K: Kind>() {
    let server = answers(&signed(200, "{}"));
    let client: K = client(&server.url());
    let handles: Vec<K> = (0..10_000)
        .map(|number| client.handle_of(credential(&(1_900_100_000 + number).to_string())))
        .collect();
    for handle in handles.iter().step_by(100) {
        K::value(redeem(handle)).unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 100);
    // A connection goes back to the pool a moment after its answer: a call that comes sooner may open another one.
    assert!(server.connections() <= 10, "{} connections", server.connections());
    let last = requests[99].header("Authorization").unwrap();
    assert!(last.contains("mchid=\"1900109900\""), "each signs for its own merchant: {last}");
}

#[test]
fn a_handle_is_two_pointers_and_an_error_is_two_words() {
    assert_eq!(size_of::<Client>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<blocking::Client>(), 2 * size_of::<usize>());
    assert!(size_of::<Error>() <= 16);
}

#[test]
fn clients_and_their_futures_can_be_sent_and_shared() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    fn sent<T: Send>(_: &T) {}
    let client: Client = client("http://127.0.0.1:1");
    shared(&client);
    sent(&IntoFuture::into_future(redeem(&client)));
    sent(&redeem(&client).send());
    sent(&client.certificates());
    shared(&crate::world::client::<blocking::Client>("http://127.0.0.1:1"));
}
