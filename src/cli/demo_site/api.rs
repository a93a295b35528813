//! The JSON routes: orders, and the echo that tests read.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri, Version};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::shop::{Order, PRODUCTS, Shop};

/// An order as it is sent; other keys are let pass.
#[derive(Deserialize)]
struct NewOrder {
    product: u32,
    #[serde(default = "one")]
    quantity: u32,
}

fn one() -> u32 {
    1
}

/// `GET /api/orders`
pub(super) async fn orders(State(shop): State<Arc<Shop>>) -> Json<Value> {
    Json(json!({ "orders": shop.orders.newest(Clone::clone) }))
}

/// `POST /api/orders`
pub(super) async fn order(State(shop): State<Arc<Shop>>, body: Bytes) -> Response {
    let wanted: NewOrder = match serde_json::from_slice(&body) {
        Ok(wanted) => wanted,
        Err(error) => return refused(&format!("not an order: {error}")),
    };
    if !PRODUCTS.iter().any(|product| product.id == wanted.product) {
        return refused("there is no such product");
    }
    if !(1..=100).contains(&wanted.quantity) {
        return refused("the quantity is from 1 to 100");
    }
    let mut made = None;
    shop.orders.push(|id| {
        let order = Order { id, product: wanted.product, quantity: wanted.quantity };
        made = Some(order.clone());
        order
    });
    (StatusCode::CREATED, Json(json!(made))).into_response()
}

fn refused(reason: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": reason }))).into_response()
}

/// Any `/echo`: what arrived, for those who want to see what a proxy in front made of it.
pub(super) async fn echo(method: Method, uri: Uri, version: Version, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let headers: Vec<Value> =
        headers.iter().map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())])).collect();
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    Json(json!({
        "method": method.as_str(),
        "uri": uri.to_string(),
        "version": format!("{version:?}"),
        "headers": headers,
        "body_bytes": body.len(),
        "body_sha256": digest,
    }))
}
