CREATE TABLE items (name text, count int CHECK (count >= 0), ships boolean);
CREATE TABLE parcels (saga text, item text);
INSERT INTO items VALUES ('lamp', 0, true), ('sofa', 0, true), ('piano', 0, false);

CREATE OR REPLACE FUNCTION start() RETURNS void LANGUAGE sql AS $$
  DELETE FROM parcels;
  UPDATE items SET count = CASE name WHEN 'sofa' THEN 0 ELSE 10 END;
$$;

CREATE FUNCTION reserve(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  UPDATE items SET count = count - 1 WHERE name = item AND count > 0 RETURNING true;
$$;
CREATE FUNCTION release(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  UPDATE items SET count = count + 1 WHERE name = item RETURNING true;
$$;

CREATE FUNCTION ship(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  INSERT INTO parcels SELECT saga, name FROM items WHERE name = item AND ships RETURNING true;
$$;
