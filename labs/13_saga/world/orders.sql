-- What a service can do is a function of its database: true: done, null: refused,
-- false: busy, because another saga holds what it needs.
CREATE TABLE customers AS VALUES ('ann'), ('bob');
CREATE TABLE orders (id text PRIMARY KEY, customer text, item text, price int, state text);

CREATE OR REPLACE FUNCTION start() RETURNS void LANGUAGE sql AS 'DELETE FROM orders';

CREATE FUNCTION "create"(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  INSERT INTO orders SELECT saga, account, item, amount, 'PENDING'
  FROM customers WHERE column1 = account RETURNING true;
$$;
CREATE FUNCTION cancel(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$ UPDATE orders SET state = 'CANCELLED' WHERE id = saga RETURNING true; $$;

CREATE FUNCTION confirm(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$ UPDATE orders SET state = 'CONFIRMED' WHERE id = saga RETURNING true; $$;
