CREATE TABLE log (id bigserial, saga text, event int, step int, input text);
CREATE TABLE decided (id text);

CREATE OR REPLACE FUNCTION start() RETURNS void LANGUAGE sql AS 'DELETE FROM log; DELETE FROM decided';
