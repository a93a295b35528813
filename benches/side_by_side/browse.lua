-- A browser looking around: real headers, cookies, a query that changes. Read by wrk.
local headers = {
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    ["Accept-Language"] = "en-GB,en;q=0.7,de;q=0.3",
    ["Accept-Encoding"] = "gzip, deflate, br, zstd",
    ["Referer"] = "http://shop.example/search?q=bread&page=2",
    ["Cookie"] = "session=8f2d1c7a9b3e4d5f6a7b8c9d0e1f2a3b; theme=light; seen=3%2C5%2C8; _ga=GA1.2.1234567890.1700000000",
    ["Upgrade-Insecure-Requests"] = "1",
    ["Sec-Fetch-Dest"] = "document",
    ["Sec-Fetch-Mode"] = "navigate",
    ["Sec-Fetch-Site"] = "same-origin",
}
local words = { "bread", "oak+board", "tea+pot", "linen", "wool+blanket", "copper+can", "pepper+mill", "candles" }
local count = 0

function request()
    count = count + 1
    local path = "/product?id=" .. count % 5000 .. "&from=search&q=" .. words[count % #words + 1]
    return wrk.format("GET", path, headers)
end
