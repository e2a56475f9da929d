alter table products drop column price;
