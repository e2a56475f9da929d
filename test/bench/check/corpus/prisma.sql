--- harmless large
-- AlterTable
ALTER TABLE "users" ADD COLUMN "avatarUrl" TEXT;
--- harmless large
-- AlterTable
ALTER TABLE "orders" ADD COLUMN "isGift" BOOLEAN NOT NULL DEFAULT false, ADD COLUMN "giftNote" TEXT;
--- harmful large
-- AlterTable
ALTER TABLE "users" ADD COLUMN "tenant" TEXT NOT NULL;
--- harmful small
-- AlterTable
ALTER TABLE "plans" ADD COLUMN "tenant" TEXT NOT NULL;
--- harmful large
-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");
--- harmful large
-- CreateIndex
CREATE INDEX "orders_status_placed_at_idx" ON "orders"("status", "placed_at" DESC);
--- harmful large
-- CreateIndex
CREATE INDEX "audit_log_action_idx" ON "public"."audit_log"("action");
--- harmless small
-- CreateIndex
CREATE UNIQUE INDEX "plans_name_key" ON "plans"("name");
--- brief large
-- DropIndex
DROP INDEX "sessions_user";
--- brief large
-- DropForeignKey
ALTER TABLE "users" DROP CONSTRAINT "users_plan_id_fkey";
ALTER TABLE "line_items" DROP CONSTRAINT "line_items_order_id_fkey";
--- harmful large
-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_couponId_fkey" FOREIGN KEY ("coupon_id") REFERENCES "plans"("id") ON DELETE SET NULL ON UPDATE CASCADE;
--- harmful large
-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
--- harmful large
-- AlterTable
ALTER TABLE "users" ALTER COLUMN "score" SET DATA TYPE DOUBLE PRECISION;
--- harmful large
-- AlterTable
ALTER TABLE "audit_log" ALTER COLUMN "at" SET DATA TYPE TIMESTAMP(3);
--- harmful large
-- AlterTable
ALTER TABLE "users" ALTER COLUMN "email" SET DATA TYPE VARCHAR(120);
--- harmless large
-- AlterTable
ALTER TABLE "users" ALTER COLUMN "email" SET DATA TYPE TEXT;
--- harmless small
-- AlterTable
ALTER TABLE "plans" ALTER COLUMN "code" SET DATA TYPE VARCHAR(5);
--- harmful large
-- AlterTable
ALTER TABLE "users" ALTER COLUMN "last_seen" SET NOT NULL;
--- harmful large
-- AlterTable
ALTER TABLE "users" DROP COLUMN "name", ADD COLUMN "firstName" TEXT, ADD COLUMN "lastName" TEXT;
--- harmful large
-- AlterTable
ALTER TABLE "orders" DROP COLUMN "tax", ADD COLUMN "tax" INTEGER;
--- harmful large
-- AlterTable
ALTER TABLE "sessions" ADD COLUMN "id" SERIAL NOT NULL, ADD CONSTRAINT "sessions_pkey" PRIMARY KEY ("id");
--- harmful large
-- DropTable
DROP TABLE "audit_log";
--- harmful small
-- DropTable
DROP TABLE "public"."settings";
--- harmless none
-- CreateEnum
CREATE TYPE "Role" AS ENUM ('USER', 'ADMIN');
ALTER TABLE "users" ADD COLUMN "role" "Role" NOT NULL DEFAULT 'USER';
--- harmless none
-- AlterEnum
ALTER TYPE "order_status" ADD VALUE 'CANCELLED';
--- harmful large
-- AlterEnum
CREATE TYPE "order_status_new" AS ENUM ('pending', 'paid');
ALTER TABLE "orders" ALTER COLUMN "status" DROP DEFAULT;
ALTER TABLE "orders" ALTER COLUMN "status" TYPE "order_status_new" USING ("status"::text::"order_status_new");
ALTER TYPE "order_status" RENAME TO "order_status_old";
ALTER TYPE "order_status_new" RENAME TO "order_status";
DROP TYPE "order_status_old";
ALTER TABLE "orders" ALTER COLUMN "status" SET DEFAULT 'pending';
--- harmless fresh
-- CreateTable
CREATE TABLE "Post" ("id" SERIAL NOT NULL, "title" TEXT NOT NULL, "authorId" BIGINT, CONSTRAINT "Post_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "Post_title_key" ON "Post"("title");
ALTER TABLE "Post" ALTER COLUMN "title" SET DATA TYPE VARCHAR(200);
--- harmless fresh
-- CreateTable
CREATE TABLE "Tag" ("id" TEXT NOT NULL, CONSTRAINT "Tag_pkey" PRIMARY KEY ("id"));
CREATE TABLE "_PostToTag" ("A" TEXT NOT NULL, "B" TEXT NOT NULL);
CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
ALTER TABLE "_PostToTag" ADD CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES "Tag"("id") ON DELETE CASCADE ON UPDATE CASCADE;
--- brief fresh
-- CreateTable
CREATE TABLE "Review" ("id" SERIAL NOT NULL, "userId" BIGINT NOT NULL);
ALTER TABLE "Review" ADD CONSTRAINT "Review_userId_fkey" FOREIGN KEY ("userId") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
--- harmless small
-- AlterTable
ALTER TABLE "plans" ADD COLUMN "publicId" UUID NOT NULL DEFAULT gen_random_uuid();
--- harmful large
-- AlterTable
ALTER TABLE "users" ADD COLUMN "publicId" UUID NOT NULL DEFAULT gen_random_uuid();
--- harmless large
-- AlterTable
ALTER TABLE "users" ADD COLUMN "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
--- harmless large
-- AlterTable
ALTER TABLE "users" ADD COLUMN "tags" TEXT[] DEFAULT ARRAY[]::TEXT[];
--- harmful large
-- RenameColumn
ALTER TABLE "sessions" RENAME COLUMN "data" TO "payload";
--- harmful small
-- RenameTable
ALTER TABLE "countries" RENAME TO "Country";
--- harmless large
-- RenameIndex
ALTER INDEX "users_country" RENAME TO "users_country_code_idx";
--- harmless large
-- RenameForeignKey
ALTER TABLE "users" RENAME CONSTRAINT "users_plan_id_fkey" TO "users_planId_fkey";
--- harmful large
-- data migration
UPDATE "users" SET "bio" = 'none' WHERE "bio" = "name" OR "bio" <> 'none';
--- harmless large
-- data migration
UPDATE "orders" SET "note" = 'x' WHERE "id" IN (1, 2, 3);
--- harmful large
-- data migration
ALTER TABLE "orders" ADD COLUMN "net" INTEGER;
UPDATE "orders" SET "net" = "total_cents";
--- harmful small
-- data migration
ALTER TABLE "plans" ADD COLUMN "net" INTEGER;
UPDATE "plans" SET "net" = "price_cents";
ALTER TABLE "plans" ALTER COLUMN "net" SET NOT NULL;
