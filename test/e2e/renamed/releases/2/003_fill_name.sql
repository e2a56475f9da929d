-- lotse: backfill customers(id)
update customers
   set name = full_name, filled = filled + 1
 where id between $1 and $2;
