-- Turns on change data capture for the database and the tables that Millrace reads. Runs again without harm.
-- The captured columns are an allow-list: card data, credentials, payment tokens, raw gateway text and large texts are not
-- on it, so they never reach a change table, Kafka or a log. A column filter in the connector would be too late for that.
-- Keep CustomerSession and Profile out: the shop truncates them, and a captured table cannot be truncated.
-- Of what is sold neither views (Product.Looks) nor UpdatedOn: an image in which nothing else has changed is of no use.
-- Net changes stay off, because the order lines have no key. A merchant's own columns must be added here by name.
USE [$(DATABASE)];
GO
IF NOT EXISTS (SELECT 1 FROM sys.databases WHERE name = N'$(DATABASE)' AND is_cdc_enabled = 1)
    EXEC sys.sp_cdc_enable_db;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Orders')
BEGIN
    DECLARE @columns nvarchar(max) = N'[OrderNumber], [OrderGUID], [StoreID], [ParentOrderNumber], [StoreVersion], [QuoteCheckout], [IsNew], '
        + N'[ShippedOn], [CustomerID], [SkinID], [LastName], [FirstName], [Email], '
        + N'[BillingEqualsShipping], [BillingLastName], [BillingFirstName], [BillingCompany], [BillingAddress1], '
        + N'[BillingAddress2], [BillingSuite], [BillingCity], [BillingState], [BillingZip], [BillingCountry], '
        + N'[BillingPhone], [ShippingLastName], [ShippingFirstName], [ShippingCompany], [ShippingResidenceType], '
        + N'[ShippingAddress1], [ShippingAddress2], [ShippingSuite], [ShippingCity], [ShippingState], [ShippingZip], '
        + N'[ShippingCountry], [ShippingMethodID], [ShippingMethod], [ShippingPhone], [ShippingCalculationID], [Phone], '
        + N'[RegisterDate], [AffiliateID], [CouponCode], [CouponType], [CouponDescription], [CouponDiscountAmount], '
        + N'[CouponDiscountPercent], [CouponIncludesFreeShipping], [OkToEmail], [Deleted], [OrderSubtotal], [OrderTax], '
        + N'[OrderShippingCosts], [OrderTotal], [PaymentGateway], [AuthorizationPNREF], [OrderDate], [LevelID], '
        + N'[LevelName], [LevelDiscountPercent], [LevelDiscountAmount], [LevelHasFreeShipping], '
        + N'[LevelAllowsQuantityDiscounts], [LevelHasNoTax], [LevelAllowsCoupons], [LevelDiscountsApplyToExtendedPrices], '
        + N'[PaymentMethod], [OrderNotes], [PONumber], [DownloadEmailSentOn], [ReceiptEmailSentOn], '
        + N'[DistributorEmailSentOn], [ShippingTrackingNumber], [ShippedVIA], [TransactionState], [RefundReason], '
        + N'[OrderOptions], [OrderWeight], [LocaleSetting], [AlreadyConfirmed], [CartType], [ReadyToShip], [IsPrinted], '
        + N'[AuthorizedOn], [CapturedOn], [RefundedOn], [VoidedOn], [FraudedOn], [EditedOn], [TrackingURL], '
        + N'[ShippedEMailSentOn], [InventoryWasReduced], [MaxMindFraudScore], [VATRegistrationID], [TransactionType], '
        + N'[RecurringSubscriptionID], [RelatedOrderNumber], [UpdatedOn], [CreatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Orders',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Customer')
BEGIN
    DECLARE @columns nvarchar(max) = N'[CustomerID], [CustomerLevelID], [StoreID], [RegisterDate], [Email], [FirstName], [LastName], [SkinID], '
        + N'[Phone], [AffiliateID], [CouponCode], [OkToEmail], [BillingEqualsShipping], [LocaleSetting], '
        + N'[MicroPayBalance], [RecurringShippingMethodID], [BillingAddressID], [ShippingAddressID], [Deleted], '
        + N'[CreatedOn], [Over13Checked], [CurrencySetting], [VATSetting], [VATRegistrationID], [IsRegistered], [Active], '
        + N'[RequestedPaymentMethod], [UpdatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Customer',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Address')
BEGIN
    DECLARE @columns nvarchar(max) = N'[AddressID], [CustomerID], [FirstName], [LastName], [Company], [Address1], [Address2], [Suite], [City], '
        + N'[State], [Zip], [Country], [Phone], [Deleted], [UpdatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Address',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_ShoppingCart')
BEGIN
    DECLARE @columns nvarchar(max) = N'[ShoppingCartRecID], [ShoppingCartRecGUID], [StoreID], [CustomerID], [ProductSKU], [ProductPrice], '
        + N'[ProductWeight], [ProductID], [VariantID], [Quantity], [RequiresCount], [ChosenColor], '
        + N'[ChosenColorSKUModifier], [ChosenSize], [ChosenSizeSKUModifier], [IsTaxable], [IsShipSeparately], '
        + N'[IsDownload], [FreeShipping], [CreatedOn], [ProductDimensions], [CartType], [IsSecureAttachment], '
        + N'[TextOption], [NextRecurringShipDate], [RecurringIndex], [OriginalRecurringOrderNumber], [BillingAddressID], '
        + N'[ShippingAddressID], [ShippingMethodID], [ShippingMethod], [DistributorID], [Notes], [IsUpsell], '
        + N'[RecurringInterval], [RecurringIntervalType], [CustomerEntersPrice], [IsAKit], [IsKit2], [IsSystem], '
        + N'[TaxClassID], [TaxRate], [RecurringSubscriptionID], [IsGift], [GTIN], [UpdatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'ShoppingCart',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Orders_ShoppingCart')
BEGIN
    DECLARE @columns nvarchar(max) = N'[OrderNumber], [ShoppingCartRecID], [CustomerID], [ProductID], [VariantID], [Quantity], [ChosenColor], '
        + N'[ChosenColorSKUModifier], [ChosenSize], [ChosenSizeSKUModifier], [OrderedProductName], '
        + N'[OrderedProductVariantName], [OrderedProductSKU], [OrderedProductManufacturerPartNumber], '
        + N'[OrderedProductWeight], [OrderedProductPrice], [OrderedProductRegularPrice], [OrderedProductSalePrice], '
        + N'[OrderedProductExtendedPrice], [OrderedProductQuantityDiscountName], [OrderedProductQuantityDiscountID], '
        + N'[OrderedProductQuantityDiscountPercent], [IsTaxable], [IsShipSeparately], [IsDownload], [FreeShipping], '
        + N'[IsSecureAttachment], [TextOption], [CartType], [ShippingAddressID], [ShippingMethodID], [ShippingMethod], '
        + N'[DistributorID], [Notes], [DistributorEmailSentOn], [CreatedOn], [CustomerEntersPrice], [IsAKit], [IsSystem], '
        + N'[TaxClassID], [TaxRate], [IsGift], [DownloadStatus], [DownloadValidDays], [DownloadReleasedOn], [GTIN], '
        + N'[UpdatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Orders_ShoppingCart',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Product')
BEGIN
    DECLARE @columns nvarchar(max) = N'[ProductID], [Name], [SKU], [ManufacturerPartNumber], [ProductTypeID], [TaxClassID], [Published], '
        + N'[Deleted], [IsSystem], [IsAKit], [IsCalltoOrder], [TrackInventoryBySizeAndColor], '
        + N'[TrackInventoryBySize], [TrackInventoryByColor], [CreatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Product',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_ProductVariant')
BEGIN
    DECLARE @columns nvarchar(max) = N'[VariantID], [ProductID], [IsDefault], [Name], [SKUSuffix], [ManufacturerPartNumber], [Price], '
        + N'[SalePrice], [Weight], [Inventory], [IsTaxable], [Published], [Deleted], [IsRecurring], '
        + N'[RecurringInterval], [RecurringIntervalType], [IsDownload], [FreeShipping], [CustomerEntersPrice], '
        + N'[GTIN], [CreatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'ProductVariant',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Inventory')
BEGIN
    DECLARE @columns nvarchar(max) = N'[InventoryID], [VariantID], [Color], [Size], [Quan], [VendorFullSKU], [GTIN], [CreatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Inventory',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO
