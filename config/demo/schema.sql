-- The sample shop, for MariaDB 10.11 and MySQL 9.7 alike. Times are UTC. Its rows come from `generate` in this folder.
SET NAMES utf8mb4;
SET time_zone = '+00:00';

CREATE TABLE brands (
  id       INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name     VARCHAR(60)  NOT NULL,
  name_en  VARCHAR(60)  NOT NULL,
  country  CHAR(2)      NOT NULL,
  founded  YEAR         NOT NULL,
  about    TEXT
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- A tree: the roots have no parent.
CREATE TABLE categories (
  id        INT UNSIGNED      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id INT UNSIGNED      NULL,
  name      VARCHAR(60)       NOT NULL,
  name_en   VARCHAR(60)       NOT NULL,
  position  SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  KEY (parent_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE products (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name        VARCHAR(200)    NOT NULL,
  name_en     VARCHAR(200)    NOT NULL,
  subtitle    VARCHAR(200)    NULL,
  description TEXT            NOT NULL,
  price       DECIMAL(10,2)   NOT NULL,
  stock       INT             NOT NULL DEFAULT 0,
  sales       INT UNSIGNED    NOT NULL DEFAULT 0,
  rating      FLOAT           NULL,
  status      ENUM('draft', 'active', 'sold_out', 'archived')           NOT NULL DEFAULT 'active',
  brand_id    INT UNSIGNED    NOT NULL,
  category_id INT UNSIGNED    NOT NULL,
  labels      SET('new', 'hot', 'sale', 'exclusive', 'free_shipping')   NOT NULL DEFAULT '',
  tags        JSON            NOT NULL,
  attributes  JSON            NULL,
  location    POINT           NULL,
  on_sale     TINYINT(1)      NOT NULL DEFAULT 0,
  created_at  DATETIME(3)     NOT NULL,
  updated_at  TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY (brand_id),
  KEY (category_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What can be bought. A product's stock is the sum of its variants' stock.
CREATE TABLE variants (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku        VARCHAR(40)     NOT NULL,
  product_id BIGINT UNSIGNED NOT NULL,
  color      VARCHAR(40)     NULL,
  size       VARCHAR(40)     NULL,
  price      DECIMAL(10,2)   NOT NULL,
  stock      INT             NOT NULL DEFAULT 0,
  UNIQUE KEY (sku),
  KEY (product_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE product_tags (
  product_id BIGINT UNSIGNED NOT NULL,
  tag        VARCHAR(60)     NOT NULL,
  PRIMARY KEY (product_id, tag)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE reviews (
  id         BIGINT UNSIGNED  NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id BIGINT UNSIGNED  NOT NULL,
  author     VARCHAR(40)      NOT NULL,
  stars      TINYINT UNSIGNED NOT NULL,
  title      VARCHAR(100)     NOT NULL,
  body       TEXT             NOT NULL,
  helpful    INT UNSIGNED     NOT NULL DEFAULT 0,
  created_at DATETIME         NOT NULL,
  KEY (product_id)
) DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
