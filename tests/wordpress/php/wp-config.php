<?php
// The site's wp-config.php. It knows the address only from the file `url` beside the document root,
// so that one prepared directory serves at any port. Its law: nothing reaches beyond the loopback.

const DB_NAME = 'wordpress';
const DB_USER = '';
const DB_PASSWORD = '';
const DB_HOST = '';
const DB_CHARSET = 'utf8mb4';
const DB_COLLATE = '';
$table_prefix = 'wp_';

define('DB_DIR', dirname(__DIR__) . '/database/');
define('WP_HOME', trim(file_get_contents(dirname(__DIR__) . '/url')));
define('WP_SITEURL', WP_HOME);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $use) {
    define("{$use}_KEY", "test $use key");
    define("{$use}_SALT", "test $use salt");
}
const DISABLE_WP_CRON = true;
const AUTOMATIC_UPDATER_DISABLED = true;
const WP_HTTP_BLOCK_EXTERNAL = true;
const WP_DISABLE_FATAL_ERROR_HANDLER = true;

if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
