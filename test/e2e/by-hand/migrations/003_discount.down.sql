alter table products drop column discount;
