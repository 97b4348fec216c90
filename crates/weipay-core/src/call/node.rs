//! What generated chains are made of: a path and the values bound so far, checked by the compiler.

use std::fmt;

use serde::Serialize;
use weipay_catalog::ops::Method;

use super::{Call, Decode, Download, Fetched, Handle, Request};
use crate::json::Seal;

/// A place in the tree of paths. Generated types wrap it; each segment is a method that moves on.
#[doc(hidden)]
#[must_use = "a path does nothing until a verb is called and the request is sent"]
pub struct Node<'c, C> {
    handle: &'c C,
    /// Without method and template so far.
    call: Call,
}

/// Query and header parameters of an operation, as a type of its own.
#[doc(hidden)]
pub trait Parameters {
    /// Adds those that are set to the call.
    fn add(&self, call: &mut Call);
}

impl<'c, C: Handle> Node<'c, C> {
    /// The root, carried out by `handle`.
    pub fn new(handle: &'c C) -> Self {
        Self { handle, call: Call::new(Method::Get, "") }
    }

    /// Gives the path parameter `name` its value.
    pub fn bind(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.call.param(name, value);
        self
    }

    /// Adds query and header parameters.
    pub fn with(mut self, parameters: &impl Parameters) -> Self {
        parameters.add(&mut self.call);
        self
    }

    /// A request without a body.
    pub fn request<T: Decode + 'c>(self, method: Method, template: &'static str) -> Request<'c, C, T> {
        let (handle, call) = self.call(method, template);
        Request::new(handle, call)
    }

    /// A request with a JSON body.
    pub fn json<T: Decode + 'c>(
        self,
        method: Method,
        template: &'static str,
        body: &impl Serialize,
    ) -> Request<'c, C, T> {
        let (handle, mut call) = self.call(method, template);
        call.body(body);
        Request::new(handle, call)
    }

    /// A request with a JSON body whose sensitive members are encrypted.
    pub fn sealed<T, B>(self, method: Method, template: &'static str, body: &B) -> Request<'c, C, T>
    where
        T: Decode + 'c,
        B: Seal + Clone + Send + Sync + 'static,
    {
        let (handle, mut call) = self.call(method, template);
        call.sealed_body(body.clone());
        Request::new(handle, call)
    }

    /// A file, or the file that an answer leads to.
    pub fn download<F: Fetched + 'c>(self, method: Method, template: &'static str) -> C::Downloading<'c, F> {
        let (handle, call) = self.call(method, template);
        handle.download(Download::new::<F>(call))
    }

    fn call(self, method: Method, template: &'static str) -> (&'c C, Call) {
        let mut call = self.call;
        call.method = method;
        template.clone_into(&mut call.template);
        (self.handle, call)
    }
}

impl<C> Clone for Node<'_, C> {
    fn clone(&self) -> Self {
        Self { handle: self.handle, call: self.call.clone() }
    }
}

impl<C> fmt::Debug for Node<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may be personal data.
        f.debug_struct("Node").field("bound", &self.call.params.len()).finish_non_exhaustive()
    }
}
