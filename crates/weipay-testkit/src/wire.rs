//! A scripted server on a real socket.
