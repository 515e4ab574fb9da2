//! Callers who leave their calls keep their connection.

use memex_stack::stack::Stack;
use tests::waiting::ends;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;

const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// More calls than a connection may have open, each left before the next: as many as come in a few readings of the server.
const CALLS: u32 = 1_000;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call, in HPACK without a table of its own: names by their number, values as they are.
fn headers() -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    let (post, http, path, authority, content_type) = ([0x83], [0x86], [0x04], [0x01], [0x0f, 0x10]);
    let path = [&path[..], &text("/memex.v1.MemoryService/ReadFile")].concat();
    let authority = [&authority[..], &text("localhost")].concat();
    let content_type = [&content_type[..], &text("application/grpc")].concat();
    let te = [&[0x00][..], &text("te"), &text("trailers")].concat();
    [&post[..], &http, &path, &authority, &content_type, &te].concat()
}

/// Reads on until the ping is answered.
async fn until_ping(server: &mut TcpStream) {
    loop {
        let mut head = [0; 9];
        server.read_exact(&mut head).await.expect("the connection goes on");
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        server.read_exact(&mut payload).await.expect("the connection goes on");
        match (head[3], head[4] & ACK) {
            (PING, ACK) => return,
            (GO_AWAY, _) => panic!("the server ends the connection: {}", String::from_utf8_lossy(&payload[8..])),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_a_thousand_calls_at_once_keeps_its_connection() {
    let stack = Stack::start().await;
    let mut server = TcpStream::connect(stack.endpoint().trim_start_matches("http://")).await.unwrap();
    server.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    for burst in 0..2 {
        let mut left = Vec::new();
        for call in 0..CALLS {
            let stream = 2 * (burst * CALLS + call) + 1;
            left.extend(frame(HEADERS, END_HEADERS, stream, &headers()));
            left.extend(frame(RESET, 0, stream, &CANCEL));
        }
        left.extend(frame(PING, 0, 0, &[0; 8]));
        server.write_all(&left).await.unwrap();
        ends("the answer to a ping", until_ping(&mut server)).await;
    }
    stack.user("ada").await.write("user/a.md", "- here\n").await;
    stack.finish().await;
}
