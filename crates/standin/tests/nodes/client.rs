//! A plain HTTP client: one request to a connection, and nothing is forgiven.

use serde_json::{Value, json};
use std::{
    io::{self, Read, Write},
    net::TcpStream,
};

/// A response that came whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

pub(crate) fn get(url: &str, path: &str) -> io::Result<Response> {
    exchange(url, &format!("GET {path}"), "")
}

pub(crate) fn post(url: &str, body: &Value) -> io::Result<Response> {
    exchange(url, "POST /", &body.to_string())
}

/// The whole reply to a call, or to an array of calls.
pub(crate) fn reply(url: &str, method: &str, params: Value) -> Value {
    let response = post(url, &request(method, params)).expect("a whole response");
    assert_eq!(response.status, 200);
    let reply = response.json();
    assert_eq!(reply["id"], 7);
    reply
}

/// A call's result.
pub(crate) fn call(url: &str, method: &str, params: Value) -> Value {
    let mut reply = reply(url, method, params);
    assert!(reply.get("error").is_none(), "{method}: {reply}");
    reply["result"].take()
}

/// A call's error: code and message.
pub(crate) fn error(url: &str, method: &str, params: Value) -> (i64, String) {
    let reply = reply(url, method, params);
    assert!(reply.get("result").is_none(), "{method}: {reply}");
    let error = &reply["error"];
    let code = error["code"].as_i64().expect("a code");
    (code, error["message"].as_str().expect("a message").into())
}

pub(crate) fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

fn exchange(url: &str, line: &str, body: &str) -> io::Result<Response> {
    let host = url.strip_prefix("http://").expect("plain HTTP");
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "the response is cut off");
    let end = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or_else(cut)?;
    let head = String::from_utf8_lossy(&all[..end]).to_lowercase();
    let body = all.split_off(end + 4);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.expect("a length").parse().expect("a number");
    if body.len() != length {
        return Err(cut());
    }
    let status = head.split(' ').nth(1).expect("a status");
    Ok(Response {
        status: status.parse().expect("a number"),
        head,
        body,
    })
}
