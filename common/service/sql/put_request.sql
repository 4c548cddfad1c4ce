-- A person's request. $1 id  $2 kind  $3 service  $4 actor
INSERT INTO calbus.request (id, kind, service, actor) VALUES ($1::uuid, $2, $3, $4)
