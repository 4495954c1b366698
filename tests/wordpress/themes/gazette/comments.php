<?php
// The thread below an article, as WordPress draws it.

if (post_password_required()) {
    return;
}
?>
<section id="comments">
<?php if (have_comments()) : ?>
  <h2 class="comments-title"><?php comments_number(); ?></h2>
  <?php the_comments_pagination(); ?>
  <ol class="comment-list"><?php wp_list_comments(['style' => 'ol', 'short_ping' => true]); ?></ol>
  <?php the_comments_pagination(); ?>
<?php endif; ?>
<?php if (!comments_open() && get_comments_number()) : ?><p class="no-comments">Comments are closed.</p><?php endif; ?>
<?php comment_form(); ?>
</section>
