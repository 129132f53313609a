//! WHIP and WHEP before the other end: as much of HTTP/1.1 as the load generator speaks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use crate::answerer::Answerer;

/// The address of a space whose doors lead to `server`. `edit`: what becomes of an answer to a listener on its way.
pub(crate) fn open(server: Arc<Answerer>, edit: fn(String) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let space = format!("http://{}/space", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let server = Arc::clone(&server);
            thread::spawn(move || serve(stream.unwrap(), &server, edit));
        }
    });
    space
}

/// One connection, until its client hangs up.
fn serve(mut stream: TcpStream, server: &Answerer, edit: fn(String) -> String) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some((method, body)) = request(&mut reader) {
        let (status, answer) = match method.split(' ').collect::<Vec<_>>()[..] {
            ["POST", "/space/whip", ..] => ("201 Created", server.answer(body)),
            ["POST", "/space/whep", ..] => ("201 Created", edit(server.answer(body))),
            _ => ("200 OK", String::new()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nLocation: /session\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all((head + &answer).as_bytes()).is_err() {
            return;
        }
    }
}

/// The first line of a request, and its body; None at the end.
fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut lines = reader.by_ref().lines().map_while(Result::ok);
    let first = lines.next()?;
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8(body).unwrap()))
}
