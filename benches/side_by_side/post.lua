-- A program that sends 1 KiB of JSON whose values change from one request to the next. Read by wrk.
local headers = {
    ["User-Agent"] = "okhttp/4.12.0",
    ["Accept"] = "application/json",
    ["Accept-Encoding"] = "gzip",
    ["Content-Type"] = "application/json",
}
local note = "Please leave the parcel with the neighbours on the second floor if nobody is at home after four; "
local count = 0

function request()
    count = count + 1
    local body = string.format(
        '{"order":%d,"customer":{"name":"Maria Keller %d","mail":"maria.%d@shop.example","city":"Bremen"},' ..
        '"items":[{"product":%d,"quantity":2,"price":34.00},{"product":%d,"quantity":1,"price":12.50}],"note":"',
        count, count % 977, count % 977, count % 8 + 1, count % 5 + 1)
    local room = 1024 - #body - 2
    body = body .. string.rep(note, math.ceil(room / #note)):sub(1, room) .. '"}'
    return wrk.format("POST", "/api/orders", headers, body)
end
