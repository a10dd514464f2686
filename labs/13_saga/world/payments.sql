CREATE TABLE accounts (name text, balance int CHECK (balance >= 0), held_by text);
INSERT INTO accounts VALUES ('ann'), ('bob');

CREATE OR REPLACE FUNCTION start() RETURNS void LANGUAGE sql AS $$
  UPDATE accounts SET held_by = NULL, balance = CASE name WHEN 'ann' THEN 100 ELSE 10 END;
$$;

CREATE FUNCTION charge(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  UPDATE accounts SET balance = balance - amount
  WHERE name = account AND balance >= amount RETURNING true;
$$;
CREATE FUNCTION refund(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  UPDATE accounts SET balance = balance + amount WHERE name = account RETURNING true;
$$;

-- The same under a semantic lock: the account is held until its saga settles or is undone.
CREATE FUNCTION authorize(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE holder text;
BEGIN
  SELECT held_by INTO holder FROM accounts WHERE name = account FOR UPDATE;
  IF holder <> saga THEN RETURN false; END IF;
  UPDATE accounts SET held_by = saga WHERE name = account AND balance >= amount;
  RETURN charge(saga, account, item, amount);
END $$;
CREATE FUNCTION settle(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$ UPDATE accounts SET held_by = NULL WHERE held_by = saga RETURNING true; $$;

CREATE FUNCTION void(saga text, account text, item text, amount int) RETURNS boolean
LANGUAGE sql AS $$
  SELECT settle(saga, account, item, amount);
  SELECT refund(saga, account, item, amount);
$$;
