<?php
// The one template: front page, archives, articles and pages alike.
?>
<!doctype html>
<html <?php language_attributes(); ?>>
<head><meta charset="<?php bloginfo('charset'); ?>"><?php wp_head(); ?></head>
<body <?php body_class(); ?>>
<?php wp_body_open(); ?>
<header>
  <p class="site-title"><a href="<?php echo esc_url(home_url('/')); ?>"><?php bloginfo('name'); ?></a></p>
  <p class="site-description"><?php bloginfo('description'); ?></p>
  <nav><?php wp_page_menu(['show_home' => true]); ?></nav>
</header>
<aside id="sidebar">
  <?php the_widget('WP_Widget_Recent_Posts', ['number' => 5]); ?>
  <?php the_widget('WP_Widget_Recent_Comments', ['number' => 5]); ?>
  <?php the_widget('WP_Widget_Archives', ['count' => 1]); ?>
</aside>
<main>
<?php while (have_posts()) : the_post(); ?>
  <article id="post-<?php the_ID(); ?>" <?php post_class(); ?>>
    <h1 class="entry-title"><a href="<?php the_permalink(); ?>" rel="bookmark"><?php the_title(); ?></a></h1>
    <p class="entry-meta">By <span class="author vcard"><?php the_author_posts_link(); ?></span>
      on <time class="entry-date" datetime="<?php echo esc_attr(get_the_date(DATE_W3C)); ?>"><?php echo get_the_date('F j, Y g:i a'); ?></time>
      in <?php the_category(', '); ?> | <?php comments_popup_link(); ?></p>
    <div class="entry-content"><?php the_content('Read on'); wp_link_pages(); ?></div>
    <?php the_tags('<p class="tags">Tags: ', ', ', '</p>'); ?>
  </article>
  <?php if (is_singular()) { comments_template(); the_post_navigation(); } ?>
<?php endwhile; ?>
<?php the_posts_pagination(); ?>
</main>
<footer>Printed on recycled bytes.</footer>
<?php wp_footer(); ?>
</body>
</html>
