-- Root of a storage element. $1 name
SELECT folder FROM calbus.rse WHERE name = $1
