//! The shop's pages and what it keeps in memory.

use std::collections::VecDeque;
use std::fmt::Write;

use axum::extract::RawQuery;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use parking_lot::Mutex;
use serde::Serialize;

use super::page::{escape, page};
use super::{form, not_found};

/// How many comments and how many orders are kept; the oldest go first.
const MAX_KEPT: usize = 200;

/// What the shop sells.
pub(super) const PRODUCTS: [Product; 8] = [
    Product { id: 1, name: "Cast-iron teapot", price_cents: 4_900, about: "Keeps tea hot for an hour. 1.2 litres." },
    Product { id: 2, name: "Beeswax candles", price_cents: 1_250, about: "Six, hand-dipped, 20 cm." },
    Product { id: 3, name: "Oak breadboard", price_cents: 3_400, about: "Oiled oak with a crumb groove." },
    Product { id: 4, name: "Linen apron", price_cents: 2_800, about: "Washed linen, two pockets, one size." },
    Product { id: 5, name: "Garden shears", price_cents: 3_150, about: "Forged steel; the spring can be replaced." },
    Product { id: 6, name: "Copper watering can", price_cents: 7_600, about: "Three litres and a fine rose." },
    Product { id: 7, name: "Pepper mill", price_cents: 2_200, about: "Walnut body, ceramic grinder." },
    Product { id: 8, name: "Wool blanket", price_cents: 8_900, about: "Woven in one piece, 140 × 200 cm." },
];

/// One thing on sale.
pub(super) struct Product {
    /// Its number in `/product?id=`.
    pub(super) id: u32,
    name: &'static str,
    price_cents: u32,
    about: &'static str,
}

/// A comment as left, unescaped.
pub(super) struct Comment {
    /// Who left it.
    pub(super) author: String,
    /// What they wrote.
    pub(super) text: String,
}

/// An order as the API gives it back.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Order {
    /// Counts up from one.
    pub(super) id: u64,
    /// A product's number.
    pub(super) product: u32,
    /// How many.
    pub(super) quantity: u32,
}

/// What visitors leave behind, in memory only.
#[derive(Default)]
pub(super) struct Shop {
    /// The last comments.
    pub(super) comments: Kept<Comment>,
    /// The last orders.
    pub(super) orders: Kept<Order>,
}

/// The last 200 of something, and how many there ever were.
pub(super) struct Kept<T>(Mutex<(VecDeque<T>, u64)>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new((VecDeque::new(), 0)))
    }
}

impl<T> Kept<T> {
    /// Adds what `make` builds of its number.
    pub(super) fn push(&self, make: impl FnOnce(u64) -> T) {
        let mut kept = self.0.lock();
        kept.1 += 1;
        let item = make(kept.1);
        kept.0.push_back(item);
        if kept.0.len() > MAX_KEPT {
            kept.0.pop_front();
        }
    }

    /// Maps the items, the newest first.
    pub(super) fn newest<U>(&self, map: impl FnMut(&T) -> U) -> Vec<U> {
        self.0.lock().0.iter().rev().map(map).collect()
    }
}

/// `GET /`
pub(super) async fn home() -> Html<String> {
    let content = format!(
        "<h1>Things that last</h1><p class=\"lead\">A small shop for house and garden.</p>{}",
        cards(PRODUCTS.iter())
    );
    page("Home", &content)
}

/// `GET /search?q=`
pub(super) async fn search(RawQuery(query): RawQuery) -> Html<String> {
    let wanted = form::value(query.unwrap_or_default().as_bytes(), "q").unwrap_or_default();
    let lower = wanted.to_lowercase();
    let found = PRODUCTS.iter().filter(|product| {
        product.name.to_lowercase().contains(&lower) || product.about.to_lowercase().contains(&lower)
    });
    let cards = cards(found);
    let result = if cards.is_empty() { "<p>Nothing found.</p>".to_owned() } else { cards };
    page("Search", &format!("<h1>Results for “{}”</h1>{result}", escape(&wanted)))
}

/// `GET /product?id=`
pub(super) async fn product(RawQuery(query): RawQuery) -> Response {
    let id = form::value(query.unwrap_or_default().as_bytes(), "id").and_then(|id| id.parse::<u32>().ok());
    let Some(product) = PRODUCTS.iter().find(|product| Some(product.id) == id) else {
        return not_found().await.into_response();
    };
    let content = format!(
        "<article class=\"product\"><div class=\"picture p{}\"></div><div><h1>{}</h1><p class=\"price\">{}</p>\
         <p>{}</p><button data-order=\"{}\">Order one</button> <output></output></div></article>",
        product.id,
        product.name,
        price(product),
        product.about,
        product.id
    );
    (StatusCode::OK, page(product.name, &content)).into_response()
}

fn cards<'a>(products: impl Iterator<Item = &'a Product>) -> String {
    let mut cards = String::new();
    for product in products {
        // Writing to a String cannot fail.
        let _ = write!(
            cards,
            "<a class=\"card\" href=\"/product?id={0}\"><div class=\"picture p{0}\"></div><h2>{1}</h2>\
             <p class=\"price\">{2}</p></a>",
            product.id,
            product.name,
            price(product)
        );
    }
    if cards.is_empty() { cards } else { format!("<div class=\"cards\">{cards}</div>") }
}

fn price(product: &Product) -> String {
    format!("€ {}.{:02}", product.price_cents / 100, product.price_cents % 100)
}
