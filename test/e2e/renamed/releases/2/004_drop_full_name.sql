-- lotse: phase contract
-- The view first: whoever reads it locks it before its table, and the other way round would end in a deadlock.
create or replace view named_customers as select id, name from customers;
drop trigger in_step on customers;
drop function customers_in_step();
alter table customers drop column full_name;
