<?php
// Loads the WordPress in the directory named first on the command line, for code that follows it on
// standard input. The values named second (JSON) become variables of that code; not before WordPress
// is loaded, for it uses and unsets globals of its own.

error_reporting(E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED);
$_SERVER += ['HTTP_HOST' => '127.0.0.1', 'SERVER_NAME' => '127.0.0.1', 'REMOTE_ADDR' => '127.0.0.1'];
$_SERVER += ['REQUEST_METHOD' => 'GET', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1'];
if (str_contains($argv[2], '"installing"')) {
    define('WP_INSTALLING', true);
}
require "{$argv[1]}/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/admin.php';
add_filter('pre_wp_mail', '__return_true');
extract(json_decode($argv[2], true, flags: JSON_THROW_ON_ERROR));
