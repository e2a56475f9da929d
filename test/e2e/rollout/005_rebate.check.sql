-- Rebates are given on top of discounts.

select count(*) = 0, format('%s teas have no discount', count(*)) from products where discount = 0;
