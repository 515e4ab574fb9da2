//! When a call's time is up, with tokio's time paused.

use std::convert::Infallible;

use tower::{Layer as _, ServiceExt as _};

use super::*;
use crate::around::AroundLayer;

/// A call that takes a minute, through `around`, with `grpc-timeout: asked`: its code and the seconds it took.
async fn code_and_millis(around: Deadlined, asked: Option<&str>) -> (i32, u128) {
    let minute = tower::service_fn(|_: Request<Body>| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok::<_, Infallible>(Status::ok("").into_http::<Body>())
    });
    let mut request = Request::new(Body::empty());
    if let Some(asked) = asked {
        request.headers_mut().insert(GRPC_TIMEOUT, asked.parse().unwrap());
    }
    let started = Instant::now();
    let response = AroundLayer(around).layer(minute).oneshot(request).await.unwrap();
    let status = Status::from_header_map(response.headers()).unwrap();
    (status.code().into(), started.elapsed().as_millis())
}

const OK: i32 = tonic::Code::Ok as i32;
const EXCEEDED: i32 = tonic::Code::DeadlineExceeded as i32;

#[tokio::test(start_paused = true)]
async fn a_call_over_its_asked_time_is_answered_deadline_exceeded() {
    assert_eq!(code_and_millis(Deadlined::as_asked(), Some("10S")).await, (EXCEEDED, 9_998));
}

#[tokio::test(start_paused = true)]
async fn the_servers_maximum_bounds_what_is_asked() {
    assert_eq!(code_and_millis(Deadlined::at_most(Duration::from_secs(30)), Some("1H")).await, (EXCEEDED, 29_998));
    assert_eq!(code_and_millis(Deadlined::at_most(Duration::from_secs(30)), None).await, (EXCEEDED, 29_998));
}

#[tokio::test(start_paused = true)]
async fn a_call_within_its_time_is_left_alone() {
    assert_eq!(code_and_millis(Deadlined::at_most(Duration::from_secs(90)), Some("2M")).await, (OK, 60_000));
    assert_eq!(code_and_millis(Deadlined::as_asked(), None).await, (OK, 60_000));
}

#[tokio::test(start_paused = true)]
async fn an_upload_has_a_maximum_of_its_own() {
    let of = |path: &'static str| Uploads { paths: Vec::leak(vec![path]), max_call: Duration::from_secs(90) };
    let layer = |path| Deadlined::at_most(Duration::from_secs(30)).with_uploads(of(path));
    assert_eq!(code_and_millis(layer("/"), None).await, (OK, 60_000));
    assert_eq!(code_and_millis(layer("/"), Some("10S")).await, (EXCEEDED, 9_998), "or less, as it asks for");
    assert_eq!(code_and_millis(layer("/another"), None).await, (EXCEEDED, 29_998));
}

#[tokio::test(start_paused = true)]
async fn a_handler_can_see_how_long_it_has() {
    let seen = tower::service_fn(|request: Request<Body>| async move {
        let deadline = *request.extensions().get::<Deadline>().unwrap();
        tokio::time::advance(Duration::from_secs(4)).await;
        assert_eq!(deadline.remaining(), Duration::from_millis(5_998));
        Ok::<_, Infallible>(Status::ok("").into_http::<Body>())
    });
    let around = Deadlined::at_most(Duration::from_secs(10));
    AroundLayer(around).layer(seen).oneshot(Request::new(Body::empty())).await.unwrap();
}

#[test]
fn what_is_written_is_read_and_what_is_malformed_is_ignored() {
    let read = |text: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_TIMEOUT, text.parse().unwrap());
        asked_timeout(&headers)
    };
    assert_eq!(read(timeout_header(Duration::from_secs(7)).to_str().unwrap()), Some(Duration::from_secs(7)));
    assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
    for (text, nanos) in [("1M", 60_000_000_000), ("2u", 2_000), ("3n", 3)] {
        assert_eq!(read(text), Some(Duration::from_nanos(nanos)));
    }
    for malformed in ["", "S", "1", "1x", "-1S", "+1S", "123456789S", "1.5S"] {
        assert_eq!(read(malformed), None, "{malformed:?}");
    }
}
