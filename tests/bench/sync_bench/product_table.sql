-- The table of `./dev bench sync`; sync_bench/product_table.cc says the same to a decoder that has no server to ask.
CREATE TABLE products (
  id          BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  sku         VARCHAR(40)     NOT NULL,
  title       VARCHAR(200)    NOT NULL,
  description TEXT            NOT NULL,
  brand       VARCHAR(60)     NOT NULL,
  category    VARCHAR(60)     NOT NULL,
  price       DECIMAL(10,2)   NOT NULL,
  stock       INT             NOT NULL,
  sales       INT UNSIGNED    NOT NULL,
  rating      FLOAT           NULL,
  on_sale     TINYINT         NOT NULL,
  created_at  DATETIME(3)     NOT NULL,
  updated_at  TIMESTAMP(6)    NOT NULL
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
