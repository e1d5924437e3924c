-- The shop's database: the tables of AspDotNetStorefront 10 that Millrace reads, with their real names, types, defaults,
-- keys and triggers, and a small catalog. Runs again without harm. Run with sqlcmd -v DATABASE=AspDotNetStorefront (and -I).
-- Lines marked PCI hold card data, credentials or raw gateway text: they must never be captured (see enable-cdc.sql).
-- The shop declares no foreign keys between these tables, so there are none here.
-- dbo.Custom_Webhook and dbo.Millrace_AppliedCommand (see logins.sql) are ours; the shop has neither. Returns: see returns.sql.
SET ANSI_NULLS ON;
SET QUOTED_IDENTIFIER ON;
GO
IF DB_ID(N'$(DATABASE)') IS NULL CREATE DATABASE [$(DATABASE)];
GO
USE [$(DATABASE)];
GO

-- Order numbers are reserved here before payment, so gaps are normal.
IF OBJECT_ID(N'dbo.OrderNumbers', N'U') IS NULL
BEGIN
CREATE TABLE dbo.OrderNumbers (
    OrderNumber int IDENTITY(100000,1) NOT NULL,
    OrderNumberGUID uniqueidentifier NOT NULL CONSTRAINT DF_OrderNumbers_OrderNumberGUID DEFAULT (newid()),
    CreatedOn datetime NOT NULL CONSTRAINT DF_OrderNumbers_CreatedOn DEFAULT (getdate()),
    UpdatedOn datetime NOT NULL CONSTRAINT DF_OrderNumbers_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_OrderNumbers PRIMARY KEY CLUSTERED (OrderNumber)
);
CREATE UNIQUE INDEX UIX_OrderNumbers_OrderNumberGUID ON dbo.OrderNumbers (OrderNumberGUID);
END;
GO

IF OBJECT_ID(N'dbo.Customer', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Customer (
    CustomerID int IDENTITY(1,1) NOT NULL,
    CustomerGUID uniqueidentifier ROWGUIDCOL NOT NULL CONSTRAINT DF_Customer_CustomerGUID DEFAULT (newid()),
    CustomerLevelID int NOT NULL CONSTRAINT DF_Customer_CustomerLevelID DEFAULT (0),
    StoreID int NOT NULL CONSTRAINT DF_Customer_StoreID DEFAULT (1),
    RegisterDate datetime NOT NULL CONSTRAINT DF_Customer_RegisterDate DEFAULT (getdate()),
    Email nvarchar(100) NOT NULL CONSTRAINT DF_Customer_Email DEFAULT (''),
    Password nvarchar(250) NULL CONSTRAINT DF_Customer_Password DEFAULT (''),  -- PCI
    SaltKey int NOT NULL CONSTRAINT DF_Customer_SaltKey DEFAULT (0),  -- PCI
    Gender nvarchar(1) NULL,
    FirstName nvarchar(100) NULL,
    LastName nvarchar(100) NULL,
    Notes nvarchar(max) NULL,
    SkinID int NOT NULL CONSTRAINT DF_Customer_SkinID DEFAULT (1),
    Phone nvarchar(25) NULL,
    FAX varchar(25) NULL,
    AffiliateID int NULL,
    Referrer nvarchar(max) NULL,
    CouponCode nvarchar(50) NULL,
    OkToEmail tinyint NOT NULL CONSTRAINT DF_Customer_OkToEmail DEFAULT (0),
    IsAdmin tinyint NOT NULL CONSTRAINT DF_Customer_IsAdmin DEFAULT (0),
    BillingEqualsShipping tinyint NOT NULL CONSTRAINT DF_Customer_BillingEqualsShipping DEFAULT (0),
    LastIPAddress varchar(40) NULL,
    OrderNotes nvarchar(max) NULL,
    RTShipRequest nvarchar(max) NULL,
    RTShipResponse nvarchar(max) NULL,
    OrderOptions nvarchar(max) NULL,
    LocaleSetting nvarchar(10) NOT NULL CONSTRAINT DF_Customer_LocaleSetting DEFAULT ('en-US'),
    MicroPayBalance money NOT NULL CONSTRAINT DF_Customer_MicroPayBalance DEFAULT (0.0),
    RecurringShippingMethodID int NOT NULL CONSTRAINT DF_Customer_RecurringShippingMethodID DEFAULT (1),
    RecurringShippingMethod nvarchar(max) NULL,
    BillingAddressID int NULL,
    ShippingAddressID int NULL,
    ExtensionData nvarchar(max) NULL,
    FinalizationData nvarchar(max) NULL,
    Deleted tinyint NOT NULL CONSTRAINT DF_Customer_Deleted DEFAULT (0),
    CreatedOn datetime NOT NULL CONSTRAINT DF_Customer_CreatedOn DEFAULT (getdate()),
    Over13Checked tinyint NULL,
    CurrencySetting nvarchar(10) NULL,
    VATSetting int NOT NULL CONSTRAINT DF_Customer_VATSetting DEFAULT (2),
    VATRegistrationID nvarchar(100) NOT NULL CONSTRAINT DF_Customer_VATRegistrationID DEFAULT (''),
    StoreCCInDB tinyint NOT NULL CONSTRAINT DF_Customer_StoreCCInDB DEFAULT (1),
    IsRegistered tinyint NOT NULL CONSTRAINT DF_Customer_IsRegistered DEFAULT (0),
    LockedUntil datetime NULL,
    AdminCanViewCC tinyint NOT NULL CONSTRAINT DF_Customer_AdminCanViewCC DEFAULT (0),
    PwdChanged datetime NOT NULL CONSTRAINT DF_Customer_PwdChanged DEFAULT (getdate()),
    BadLoginCount tinyint NOT NULL CONSTRAINT DF_Customer_BadLoginCount DEFAULT (0),
    LastBadLogin datetime NULL,
    Active tinyint NOT NULL CONSTRAINT DF_Customer_Active DEFAULT (1),
    PwdChangeRequired tinyint NULL,
    RequestedPaymentMethod nvarchar(100) NULL,
    BuySafe money NULL,
    CIM_ProfileId bigint NULL,  -- PCI
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Customer_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Customer PRIMARY KEY CLUSTERED (CustomerID)
);
CREATE UNIQUE INDEX UIX_Customer_CustomerGUID ON dbo.Customer (CustomerGUID);
CREATE INDEX IX_Customer_EMail ON dbo.Customer (Email);
END;
GO

IF OBJECT_ID(N'dbo.Address', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Address (
    AddressID int IDENTITY(1,1) NOT NULL,
    AddressGUID uniqueidentifier NOT NULL CONSTRAINT DF_Address_AddressGUID DEFAULT (newid()),
    CustomerID int NOT NULL,
    NickName nvarchar(100) NULL,
    FirstName nvarchar(100) NULL,
    LastName nvarchar(100) NULL,
    Company nvarchar(100) NULL,
    Address1 nvarchar(100) NULL,
    Address2 nvarchar(100) NULL,
    Suite nvarchar(50) NULL,
    City nvarchar(100) NULL,
    State nvarchar(100) NULL,
    Zip nvarchar(10) NULL,
    Country nvarchar(100) NULL,
    ResidenceType int NOT NULL CONSTRAINT DF_Address_ResidenceType DEFAULT (0),
    Phone nvarchar(25) NULL,
    Email nvarchar(100) NULL,
    PaymentMethodLastUsed nvarchar(100) NULL,
    CardType nvarchar(25) NULL,  -- PCI
    CardName nvarchar(100) NULL,  -- PCI
    CardNumber nvarchar(300) NULL,  -- PCI
    CardExpirationMonth nvarchar(10) NULL,  -- PCI
    CardExpirationYear nvarchar(10) NULL,  -- PCI
    CardStartDate nvarchar(max) NULL,  -- PCI
    CardIssueNumber nvarchar(max) NULL,  -- PCI
    PONumber nvarchar(50) NULL,
    ExtensionData nvarchar(max) NULL,
    Deleted tinyint NOT NULL CONSTRAINT DF_Address_Deleted DEFAULT (0),
    CreatedOn datetime NOT NULL CONSTRAINT DF_Address_CreatedOn DEFAULT (getdate()),
    Crypt int NOT NULL CONSTRAINT DF_Address_Crypt DEFAULT (1),
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Address_UpdatedOn DEFAULT (getdate()),
    OffsiteSource nvarchar(400) NULL,
    CONSTRAINT PK_Address PRIMARY KEY CLUSTERED (AddressID)
);
CREATE UNIQUE INDEX UIX_Address_AddressGUID ON dbo.Address (AddressGUID);
CREATE INDEX IX_Address_CustomerID ON dbo.Address (CustomerID);
END;
GO

IF OBJECT_ID(N'dbo.Product', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Product (
    ProductID int IDENTITY(1,1) NOT NULL,
    ProductGUID uniqueidentifier NOT NULL CONSTRAINT DF_Product_ProductGUID DEFAULT (newid()),
    Name nvarchar(400) NOT NULL,
    Summary nvarchar(max) NULL,
    Description nvarchar(max) NULL,
    ProductTypeID int NOT NULL CONSTRAINT DF_Product_ProductTypeID DEFAULT (1),
    TaxClassID int NOT NULL CONSTRAINT DF_Product_TaxClassID DEFAULT (1),
    SKU nvarchar(50) NULL,
    ManufacturerPartNumber nvarchar(50) NULL,
    SalesPromptID int NOT NULL CONSTRAINT DF_Product_SalesPromptID DEFAULT (1),
    IsFeatured tinyint NOT NULL CONSTRAINT DF_Product_IsFeatured DEFAULT (0),
    ColWidth int NOT NULL CONSTRAINT DF_Product_ColWidth DEFAULT (4),
    Published tinyint NOT NULL CONSTRAINT DF_Product_Published DEFAULT (1),
    Wholesale tinyint NOT NULL CONSTRAINT DF_Product_Wholesale DEFAULT (0),
    RequiresRegistration tinyint NOT NULL CONSTRAINT DF_Product_RequiresRegistration DEFAULT (0),
    Looks int NOT NULL CONSTRAINT DF_Product_Looks DEFAULT (0),
    QuantityDiscountID int NULL,
    UpsellProductDiscountPercentage money NOT NULL CONSTRAINT DF_Product_UpsellProductDiscountPercentage DEFAULT (0.0),
    TrackInventoryBySizeAndColor tinyint NOT NULL CONSTRAINT DF_Product_TrackInventoryBySizeAndColor DEFAULT (0),
    TrackInventoryBySize tinyint NOT NULL CONSTRAINT DF_Product_TrackInventoryBySize DEFAULT (1),
    TrackInventoryByColor tinyint NOT NULL CONSTRAINT DF_Product_TrackInventoryByColor DEFAULT (1),
    IsAKit tinyint NOT NULL CONSTRAINT DF_Product_IsAKit DEFAULT (0),
    ShowInProductBrowser int NOT NULL CONSTRAINT DF_Product_ShowInProductBrowser DEFAULT (1),
    ShowBuyButton int NOT NULL CONSTRAINT DF_Product_ShowBuyButton DEFAULT (1),
    HidePriceUntilCart tinyint NOT NULL CONSTRAINT DF_Product_HidePriceUntilCart DEFAULT (0),
    IsCalltoOrder tinyint NOT NULL CONSTRAINT DF_Product_IsCalltoOrder DEFAULT (0),
    ExcludeFromPriceFeeds tinyint NOT NULL CONSTRAINT DF_Product_ExcludeFromPriceFeeds DEFAULT (0),
    RequiresTextOption tinyint NOT NULL CONSTRAINT DF_Product_RequiresTextOption DEFAULT (0),
    TextOptionMaxLength int NULL,
    SEName nvarchar(150) NULL,
    ExtensionData nvarchar(max) NULL,
    ImageFilenameOverride nvarchar(max) NULL,
    IsImport tinyint NOT NULL CONSTRAINT DF_Product_IsImport DEFAULT (0),
    IsSystem tinyint NOT NULL CONSTRAINT DF_Product_IsSystem DEFAULT (0),
    Deleted tinyint NOT NULL CONSTRAINT DF_Product_Deleted DEFAULT (0),
    CreatedOn datetime NOT NULL CONSTRAINT DF_Product_CreatedOn DEFAULT (getdate()),
    WarehouseLocation nvarchar(100) NULL,
    SkinID int NOT NULL CONSTRAINT DF_Product_SkinID DEFAULT (0),
    TemplateName nvarchar(50) NOT NULL CONSTRAINT DF_Product_TemplateName DEFAULT (''),
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Product_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Item PRIMARY KEY CLUSTERED (ProductID)
);
CREATE UNIQUE INDEX UIX_Product_ProductGUID ON dbo.Product (ProductGUID);
END;
GO

IF OBJECT_ID(N'dbo.ProductVariant', N'U') IS NULL
BEGIN
CREATE TABLE dbo.ProductVariant (
    VariantID int IDENTITY(1,1) NOT NULL,
    VariantGUID uniqueidentifier NOT NULL CONSTRAINT DF_ProductVariant_VariantGUID DEFAULT (newid()),
    IsDefault int NOT NULL CONSTRAINT DF_ProductVariant_IsDefault DEFAULT (0),
    Name nvarchar(400) NULL,
    Description nvarchar(max) NULL,
    Colors nvarchar(max) NULL,
    ColorSKUModifiers nvarchar(max) NULL,
    Sizes nvarchar(max) NULL,
    SizeSKUModifiers nvarchar(max) NULL,
    ProductID int NOT NULL,
    SKUSuffix nvarchar(50) NULL,
    ManufacturerPartNumber nvarchar(50) NULL,
    Price money NOT NULL CONSTRAINT DF_ProductVariant_Price DEFAULT (0.0),
    SalePrice money NULL,
    Weight money NULL,
    MSRP money NULL,
    Cost money NULL,
    Dimensions nvarchar(100) NULL,
    Inventory int NOT NULL CONSTRAINT DF_ProductVariant_Inventory DEFAULT (1000000),
    DisplayOrder int NOT NULL CONSTRAINT DF_ProductVariant_DisplayOrder DEFAULT (1),
    IsTaxable tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsTaxable DEFAULT (1),
    IsShipSeparately tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsShipSeparately DEFAULT (0),
    IsDownload tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsDownload DEFAULT (0),
    FreeShipping tinyint NOT NULL CONSTRAINT DF_ProductVariant_FreeShipping DEFAULT (0),
    Published tinyint NOT NULL CONSTRAINT DF_ProductVariant_Published DEFAULT (1),
    Wholesale tinyint NOT NULL CONSTRAINT DF_ProductVariant_Wholesale DEFAULT (0),
    IsSecureAttachment tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsSecureAttachment DEFAULT (0),
    IsRecurring tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsRecurring DEFAULT (0),
    RecurringInterval int NOT NULL CONSTRAINT DF_ProductVariant_RecurringInterval DEFAULT (1),
    RecurringIntervalType int NOT NULL CONSTRAINT DF_ProductVariant_RecurringIntervalType DEFAULT (3),
    RestrictedQuantities nvarchar(250) NULL,
    MinimumQuantity int NULL,
    ExtensionData nvarchar(max) NULL,
    IsImport tinyint NOT NULL CONSTRAINT DF_ProductVariant_IsImport DEFAULT (0),
    Deleted tinyint NOT NULL CONSTRAINT DF_ProductVariant_Deleted DEFAULT (0),
    CreatedOn datetime NOT NULL CONSTRAINT DF_ProductVariant_CreatedOn DEFAULT (getdate()),
    CustomerEntersPrice tinyint NOT NULL CONSTRAINT DF_ProductVariant_CustomerEntersPrice DEFAULT (0),
    Condition tinyint NOT NULL CONSTRAINT DF_ProductVariant_Condition DEFAULT (0),
    GTIN nvarchar(14) NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_ProductVariant_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_ProductVariants PRIMARY KEY CLUSTERED (VariantID)
);
END;
GO

IF OBJECT_ID(N'dbo.Inventory', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Inventory (
    InventoryID int IDENTITY(1,1) NOT NULL,
    InventoryGUID uniqueidentifier NOT NULL CONSTRAINT DF_Inventory_InventoryGUID DEFAULT (newid()),
    VariantID int NOT NULL,
    Color nvarchar(100) NULL,
    Size nvarchar(100) NULL,
    Quan int NOT NULL CONSTRAINT DF_Inventory_Quan DEFAULT (0),
    VendorFullSKU nvarchar(50) NULL,
    WarehouseLocation nvarchar(100) NULL,
    WeightDelta money NOT NULL CONSTRAINT DF_Inventory_WeightDelta DEFAULT (0.0),
    VendorID nvarchar(50) NULL,
    ExtensionData nvarchar(max) NULL,
    CreatedOn datetime NOT NULL CONSTRAINT DF_Inventory_CreatedOn DEFAULT (getdate()),
    GTIN nvarchar(14) NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Inventory_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Inventory PRIMARY KEY CLUSTERED (InventoryID)
);
CREATE UNIQUE INDEX UIX_Inventory_InventoryGUID ON dbo.Inventory (InventoryGUID);
CREATE INDEX IX_Inventory_VariantID_Color_Size ON dbo.Inventory (VariantID, Color, Size);
END;
GO

IF OBJECT_ID(N'dbo.ShoppingCart', N'U') IS NULL
BEGIN
CREATE TABLE dbo.ShoppingCart (
    ShoppingCartRecID int IDENTITY(1,1) NOT NULL,
    ShoppingCartRecGUID uniqueidentifier NOT NULL CONSTRAINT DF_ShoppingCart_ShoppingCartRecGUID DEFAULT (newid()),
    StoreID int NOT NULL CONSTRAINT DF_ShoppingCart_StoreID DEFAULT (1),
    CustomerID int NOT NULL,
    ProductSKU nvarchar(100) NULL,
    ProductPrice money NULL,
    ProductWeight money NULL,
    ProductID int NOT NULL,
    VariantID int NOT NULL,
    Quantity int NOT NULL CONSTRAINT DF_ShoppingCart_Quantity DEFAULT (1),
    RequiresCount int NOT NULL CONSTRAINT DF_ShoppingCart_RequiresCount DEFAULT (0),
    ChosenColor nvarchar(100) NULL,
    ChosenColorSKUModifier nvarchar(50) NULL,
    ChosenSize nvarchar(100) NULL,
    ChosenSizeSKUModifier nvarchar(50) NULL,
    IsTaxable tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsTaxable DEFAULT (1),
    IsShipSeparately tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsShipSeparately DEFAULT (0),
    IsDownload tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsDownload DEFAULT (0),
    DownloadLocation nvarchar(max) NULL,
    FreeShipping tinyint NOT NULL CONSTRAINT DF_ShoppingCart_FreeShipping DEFAULT (0),
    CreatedOn datetime NOT NULL CONSTRAINT DF_ShoppingCart_CreatedOn DEFAULT (getdate()),
    ProductDimensions nvarchar(100) NULL,
    CartType int NOT NULL CONSTRAINT DF_ShoppingCart_CartType DEFAULT (0),
    IsSecureAttachment tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsSecureAttachment DEFAULT (0),
    TextOption nvarchar(max) NULL,
    NextRecurringShipDate datetime NULL,
    RecurringIndex int NOT NULL CONSTRAINT DF_ShoppingCart_RecurringIndex DEFAULT (0),
    OriginalRecurringOrderNumber int NULL,
    BillingAddressID int NULL,
    ShippingAddressID int NULL,
    ShippingMethodID int NULL,
    ShippingMethod nvarchar(max) NULL,
    DistributorID int NULL,
    Notes nvarchar(max) NULL,
    IsUpsell tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsUpsell DEFAULT (0),
    RecurringInterval int NOT NULL CONSTRAINT DF_ShoppingCart_RecurringInterval DEFAULT (1),
    RecurringIntervalType int NOT NULL CONSTRAINT DF_ShoppingCart_RecurringIntervalType DEFAULT (3),
    ExtensionData nvarchar(max) NULL,
    CustomerEntersPrice tinyint NOT NULL CONSTRAINT DF_ShoppingCart_CustomerEntersPrice DEFAULT (0),
    IsAKit tinyint NULL,
    IsKit2 tinyint NOT NULL CONSTRAINT DF_ShoppingCart_IsKit2 DEFAULT (0),
    IsSystem tinyint NULL,
    TaxClassID int NOT NULL CONSTRAINT DF_ShoppingCart_TaxClassID DEFAULT (1),
    TaxRate money NOT NULL CONSTRAINT DF_ShoppingCart_TaxRate DEFAULT (0),
    RecurringSubscriptionID nvarchar(100) NOT NULL CONSTRAINT DF_ShoppingCart_RecurringSubscriptionID DEFAULT (''),
    IsGift bit NOT NULL CONSTRAINT DF_ShoppingCart_IsGift DEFAULT (0),
    GTIN nvarchar(14) NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_ShoppingCart_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_ShoppingCart PRIMARY KEY CLUSTERED (ShoppingCartRecID)
);
CREATE UNIQUE INDEX UIX_ShoppingCart_ShoppingCartRecGUID ON dbo.ShoppingCart (ShoppingCartRecGUID);
CREATE INDEX IX_ShoppingCart_CustomerID_CartType ON dbo.ShoppingCart (CustomerID, CartType);
END;
GO

IF OBJECT_ID(N'dbo.Orders', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Orders (
    OrderNumber int NOT NULL,
    OrderGUID uniqueidentifier NOT NULL CONSTRAINT DF_Orders_OrderGUID DEFAULT (newid()),
    StoreID int NOT NULL CONSTRAINT DF_Orders_StoreID DEFAULT (1),
    ParentOrderNumber int NULL,
    StoreVersion nvarchar(100) NULL,
    QuoteCheckout tinyint NOT NULL CONSTRAINT DF_Orders_QuoteCheckout DEFAULT (0),
    IsNew tinyint NOT NULL CONSTRAINT DF_Orders_IsNew DEFAULT (1),
    ShippedOn datetime NULL,
    CustomerID int NOT NULL,
    CustomerGUID uniqueidentifier NOT NULL,
    Referrer nvarchar(max) NULL,
    SkinID int NOT NULL CONSTRAINT DF_Orders_SkinID DEFAULT (1),
    LastName nvarchar(100) NULL,
    FirstName nvarchar(100) NULL,
    Email nvarchar(100) NULL,
    Notes nvarchar(max) NULL,
    BillingEqualsShipping tinyint NOT NULL CONSTRAINT DF_Orders_BillingEqualsShipping DEFAULT (0),
    BillingLastName nvarchar(100) NULL,
    BillingFirstName nvarchar(100) NULL,
    BillingCompany nvarchar(100) NULL,
    BillingAddress1 nvarchar(100) NULL,
    BillingAddress2 nvarchar(100) NULL,
    BillingSuite nvarchar(50) NULL,
    BillingCity nvarchar(100) NULL,
    BillingState nvarchar(100) NULL,
    BillingZip nvarchar(10) NULL,
    BillingCountry nvarchar(100) NULL,
    BillingPhone nvarchar(25) NULL,
    ShippingLastName nvarchar(100) NULL,
    ShippingFirstName nvarchar(100) NULL,
    ShippingCompany nvarchar(100) NULL,
    ShippingResidenceType int NOT NULL CONSTRAINT DF_Orders_ShippingResidenceType DEFAULT (0),
    ShippingAddress1 nvarchar(100) NULL,
    ShippingAddress2 nvarchar(100) NULL,
    ShippingSuite nvarchar(50) NULL,
    ShippingCity nvarchar(100) NULL,
    ShippingState nvarchar(100) NULL,
    ShippingZip nvarchar(10) NULL,
    ShippingCountry nvarchar(100) NULL,
    ShippingMethodID int NOT NULL CONSTRAINT DF_Orders_ShippingMethodID DEFAULT (0),
    ShippingMethod nvarchar(max) NULL,
    ShippingPhone nvarchar(25) NULL,
    ShippingCalculationID int NULL,
    Phone nvarchar(25) NULL,
    RegisterDate datetime NULL,
    AffiliateID int NULL,
    CouponCode nvarchar(50) NULL,
    CouponType int NOT NULL CONSTRAINT DF_Orders_CouponType DEFAULT (0),
    CouponDescription nvarchar(max) NULL,
    CouponDiscountAmount money NULL,
    CouponDiscountPercent money NULL,
    CouponIncludesFreeShipping tinyint NULL,
    OkToEmail tinyint NULL,
    Deleted tinyint NOT NULL CONSTRAINT DF_Orders_Deleted DEFAULT (0),
    CardType nvarchar(20) NULL,  -- PCI
    CardName nvarchar(100) NULL,  -- PCI
    CardNumber nvarchar(300) NULL,  -- PCI
    CardExpirationMonth nvarchar(10) NULL,  -- PCI
    CardExpirationYear nvarchar(10) NULL,  -- PCI
    CardStartDate nvarchar(max) NULL,  -- PCI
    CardIssueNumber nvarchar(max) NULL,  -- PCI
    OrderSubtotal money NOT NULL CONSTRAINT DF_Orders_OrderSubtotal DEFAULT (0.0),
    OrderTax money NOT NULL CONSTRAINT DF_Orders_OrderTax DEFAULT (0.0),
    OrderShippingCosts money NOT NULL CONSTRAINT DF_Orders_OrderShippingCosts DEFAULT (0.0),
    OrderTotal money NOT NULL CONSTRAINT DF_Orders_OrderTotal DEFAULT (0.0),
    PaymentGateway nvarchar(50) NULL,
    AuthorizationCode nvarchar(100) NULL,
    AuthorizationResult nvarchar(max) NULL,  -- PCI
    AuthorizationPNREF nvarchar(max) NULL,
    TransactionCommand nvarchar(max) NULL,  -- PCI
    OrderDate datetime NOT NULL CONSTRAINT DF_Orders_OrderDate DEFAULT (getdate()),
    LevelID int NULL CONSTRAINT DF_Orders_LevelID DEFAULT (0),
    LevelName nvarchar(100) NULL,
    LevelDiscountPercent money NULL,
    LevelDiscountAmount money NULL,
    LevelHasFreeShipping tinyint NULL,
    LevelAllowsQuantityDiscounts tinyint NULL,
    LevelHasNoTax tinyint NULL,
    LevelAllowsCoupons tinyint NULL,
    LevelDiscountsApplyToExtendedPrices tinyint NULL,
    LastIPAddress varchar(40) NULL,
    PaymentMethod nvarchar(100) NULL,
    OrderNotes nvarchar(max) NULL,
    PONumber nvarchar(50) NULL,
    DownloadEmailSentOn datetime NULL,
    ReceiptEmailSentOn datetime NULL,
    DistributorEmailSentOn datetime NULL,
    ShippingTrackingNumber nvarchar(100) NULL,
    ShippedVIA nvarchar(100) NULL,
    CustomerServiceNotes nvarchar(max) NULL,
    RTShipRequest nvarchar(max) NULL,
    RTShipResponse nvarchar(max) NULL,
    TransactionState nvarchar(20) NULL,
    AVSResult nvarchar(50) NULL,
    CaptureTXCommand nvarchar(max) NULL,  -- PCI
    CaptureTXResult nvarchar(max) NULL,  -- PCI
    VoidTXCommand nvarchar(max) NULL,  -- PCI
    VoidTXResult nvarchar(max) NULL,  -- PCI
    RefundTXCommand nvarchar(max) NULL,  -- PCI
    RefundTXResult nvarchar(max) NULL,  -- PCI
    RefundReason nvarchar(max) NULL,
    CardinalLookupResult nvarchar(max) NULL,  -- PCI
    CardinalAuthenticateResult nvarchar(max) NULL,  -- PCI
    AffiliateCommissionRecorded tinyint NOT NULL CONSTRAINT DF_Orders_AffiliateCommissionRecorded DEFAULT (0),
    OrderOptions nvarchar(max) NULL,
    OrderWeight money NOT NULL CONSTRAINT DF_Orders_OrderWeight DEFAULT (0.0),
    LocaleSetting nvarchar(10) NULL,
    FinalizationData nvarchar(max) NULL,
    ExtensionData nvarchar(max) NULL,
    AlreadyConfirmed tinyint NOT NULL CONSTRAINT DF_Orders_AlreadyConfirmed DEFAULT (0),
    CartType int NOT NULL,
    Last4 nvarchar(4) NULL,  -- PCI
    ReadyToShip tinyint NOT NULL CONSTRAINT DF_Orders_ReadyToShip DEFAULT (0),
    IsPrinted tinyint NOT NULL CONSTRAINT DF_Orders_IsPrinted DEFAULT (0),
    AuthorizedOn datetime NULL,
    CapturedOn datetime NULL,
    RefundedOn datetime NULL,
    VoidedOn datetime NULL,
    FraudedOn datetime NULL,
    EditedOn datetime NULL,
    TrackingURL nvarchar(max) NULL,
    ShippedEMailSentOn datetime NULL,
    InventoryWasReduced int NOT NULL CONSTRAINT DF_Orders_InventoryWasReduced DEFAULT (0),
    MaxMindFraudScore decimal(5,2) NULL CONSTRAINT DF_Orders_MaxMindFraudScore DEFAULT (-1),
    MaxMindDetails nvarchar(max) NULL,
    VATRegistrationID nvarchar(max) NULL,
    Crypt int NOT NULL CONSTRAINT DF_Orders_Crypt DEFAULT (1),
    TransactionType int NOT NULL CONSTRAINT DF_Orders_TransactionType DEFAULT (0),
    RecurringSubscriptionID nvarchar(100) NOT NULL CONSTRAINT DF_Orders_RecurringSubscriptionID DEFAULT (''),
    RecurringSubscriptionCommand nvarchar(max) NOT NULL CONSTRAINT DF_Orders_RecurringSubscriptionCommand DEFAULT (''),  -- PCI
    RecurringSubscriptionResult nvarchar(max) NOT NULL CONSTRAINT DF_Orders_RecurringSubscriptionResult DEFAULT (''),  -- PCI
    RelatedOrderNumber int NOT NULL CONSTRAINT DF_Orders_RelatedOrderNumber DEFAULT (0),
    BuySafeCommand nvarchar(max) NOT NULL CONSTRAINT DF_Orders_BuySafeCommand DEFAULT (''),
    BuySafeResult nvarchar(max) NOT NULL CONSTRAINT DF_Orders_BuySafeResult DEFAULT (''),
    ReceiptHtml nvarchar(max) NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Orders_UpdatedOn DEFAULT (getdate()),
    CreatedOn datetime NOT NULL CONSTRAINT DF_Orders_CreatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Orders PRIMARY KEY CLUSTERED (OrderNumber)
);
CREATE INDEX IX_Orders_CustomerID ON dbo.Orders (CustomerID);
CREATE INDEX IX_Orders_OrderDate ON dbo.Orders (OrderDate);
CREATE INDEX IX_Orders_TransactionState ON dbo.Orders (TransactionState);
END;
GO

-- Order lines. The shop gives them neither a primary key nor a unique index; the clustered index is not unique.
IF OBJECT_ID(N'dbo.Orders_ShoppingCart', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Orders_ShoppingCart (
    OrderNumber int NOT NULL,
    ShoppingCartRecID int NOT NULL,
    CustomerID int NOT NULL,
    ProductID int NOT NULL,
    VariantID int NOT NULL,
    Quantity int NOT NULL,
    ChosenColor nvarchar(100) NULL,
    ChosenColorSKUModifier nvarchar(50) NULL,
    ChosenSize nvarchar(100) NULL,
    ChosenSizeSKUModifier nvarchar(50) NULL,
    OrderedProductName nvarchar(max) NULL,
    OrderedProductVariantName nvarchar(max) NULL,
    OrderedProductSKU nvarchar(100) NULL,
    OrderedProductManufacturerPartNumber nvarchar(100) NULL,
    OrderedProductWeight money NULL,
    OrderedProductPrice money NULL,
    OrderedProductRegularPrice money NULL,
    OrderedProductSalePrice money NULL,
    OrderedProductExtendedPrice money NULL,
    OrderedProductQuantityDiscountName nvarchar(max) NULL,
    OrderedProductQuantityDiscountID int NULL,
    OrderedProductQuantityDiscountPercent money NULL,
    IsTaxable tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_IsTaxable DEFAULT (0),
    IsShipSeparately tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_IsShipSeparately DEFAULT (0),
    IsDownload tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_IsDownload DEFAULT (0),
    DownloadLocation nvarchar(max) NULL,
    FreeShipping tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_FreeShipping DEFAULT (0),
    IsSecureAttachment tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_IsSecureAttachment DEFAULT (0),
    TextOption nvarchar(max) NULL,
    CartType int NOT NULL CONSTRAINT DF_Orders_ShoppingCart_CartType DEFAULT (0),
    ShippingAddressID int NOT NULL CONSTRAINT DF_Orders_ShoppingCart_ShippingAddressID DEFAULT (0),
    ShippingDetail nvarchar(max) NULL,
    ShippingMethodID int NULL,
    ShippingMethod nvarchar(max) NULL,
    DistributorID int NULL,
    Notes nvarchar(max) NULL,
    DistributorEmailSentOn datetime NULL,
    ExtensionData nvarchar(max) NULL,
    SizeOptionPrompt nvarchar(max) NULL,
    ColorOptionPrompt nvarchar(max) NULL,
    TextOptionPrompt nvarchar(max) NULL,
    CreatedOn datetime NOT NULL CONSTRAINT DF_Orders_ShoppingCart_CreatedOn DEFAULT (getdate()),
    CustomerEntersPrice tinyint NOT NULL CONSTRAINT DF_Orders_ShoppingCart_CustomerEntersPrice DEFAULT (0),
    CustomerEntersPricePrompt nvarchar(max) NULL,
    IsAKit tinyint NULL,
    IsSystem tinyint NULL,
    TaxClassID int NOT NULL CONSTRAINT DF_Orders_ShoppingCart_TaxClassID DEFAULT (1),
    TaxRate money NOT NULL CONSTRAINT DF_Orders_ShoppingCart_TaxRate DEFAULT (0),
    IsGift bit NOT NULL CONSTRAINT DF_Orders_ShoppingCart_IsGift DEFAULT (0),
    DownloadStatus int NULL,
    DownloadValidDays int NULL,
    DownloadCategory nvarchar(max) NULL,
    DownloadReleasedOn datetime NULL,
    GTIN nvarchar(14) NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Orders_ShoppingCart_UpdatedOn DEFAULT (getdate())
);
CREATE CLUSTERED INDEX IX_Orders_ShoppingCart_OrderNumber_CustomerID ON dbo.Orders_ShoppingCart (OrderNumber, CustomerID);
CREATE INDEX IX_Orders_ShoppingCart_ShoppingCartRecID ON dbo.Orders_ShoppingCart (ShoppingCartRecID);
END;
GO

IF OBJECT_ID(N'dbo.OrderTransaction', N'U') IS NULL
BEGIN
CREATE TABLE dbo.OrderTransaction (
    OrderTransactionID int IDENTITY(1,1) NOT NULL,
    OrderNumber int NOT NULL,
    TransactionType nvarchar(100) NOT NULL,
    TransactionCommand nvarchar(max) NULL,  -- PCI
    TransactionResult nvarchar(max) NULL,  -- PCI
    PNREF nvarchar(400) NULL,
    Code nvarchar(400) NULL,
    PaymentMethod nvarchar(100) NULL,
    PaymentGateway nvarchar(100) NULL,
    Amount money NULL,
    UpdatedOn datetime NOT NULL CONSTRAINT DF_OrderTransaction_UpdatedOn DEFAULT (getdate()),
    CreatedOn datetime NOT NULL CONSTRAINT DF_OrderTransaction_CreatedOn DEFAULT (getdate()),
    CONSTRAINT PK_OrderTransaction PRIMARY KEY CLUSTERED (OrderTransactionID)
);
END;
GO

-- Declined payments land here: there is no Orders row for them.
IF OBJECT_ID(N'dbo.FailedTransaction', N'U') IS NULL
BEGIN
CREATE TABLE dbo.FailedTransaction (
    DBRecNo int IDENTITY(1,1) NOT NULL,
    CustomerID int NOT NULL,
    OrderNumber int NOT NULL CONSTRAINT DF_FailedTransaction_OrderNumber DEFAULT (0),
    OrderDate datetime NOT NULL CONSTRAINT DF_FailedTransaction_OrderDate DEFAULT (getdate()),
    PaymentGateway nvarchar(50) NULL,
    PaymentMethod nvarchar(50) NULL,
    TransactionCommand nvarchar(max) NULL,  -- PCI
    TransactionResult nvarchar(max) NULL,  -- PCI
    IPAddress nvarchar(25) NULL,
    MaxMindFraudScore decimal(5,2) NULL CONSTRAINT DF_FailedTransaction_MaxMindFraudScore DEFAULT (-1),
    MaxMindDetails nvarchar(max) NULL,  -- PCI
    RecurringSubscriptionID nvarchar(100) NOT NULL CONSTRAINT DF_FailedTransaction_RecurringSubscriptionID DEFAULT (''),
    CustomerEMailed tinyint NOT NULL CONSTRAINT DF_FailedTransaction_CustomerEMailed DEFAULT (0),
    CONSTRAINT PK_FailedTransaction PRIMARY KEY CLUSTERED (DBRecNo)
);
CREATE INDEX IX_FailedTransaction_OrderNumber ON dbo.FailedTransaction (OrderNumber);
END;
GO

-- Who is told of changes by the shop's own webhooks. The secret signs what is sent.
IF OBJECT_ID(N'dbo.Custom_Webhook', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Custom_Webhook (
    WebhookID int IDENTITY(1,1) NOT NULL,
    Url nvarchar(400) NOT NULL,
    Secret nvarchar(200) NOT NULL,
    ToldUpTo datetime NULL,  -- UpdatedOn of the last change that was told
    CreatedOn datetime NOT NULL CONSTRAINT DF_Custom_Webhook_CreatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Custom_Webhook PRIMARY KEY CLUSTERED (WebhookID)
);
END;
GO

-- Which command was applied to which order, and with what outcome: the executor writes it in the transaction of the change.
IF OBJECT_ID(N'dbo.Millrace_AppliedCommand', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Millrace_AppliedCommand (
    CommandID nvarchar(200) NOT NULL,
    OrderNumber int NOT NULL,
    AppliedOn datetime2(3) NOT NULL CONSTRAINT DF_Millrace_AppliedCommand_AppliedOn DEFAULT (sysutcdatetime()),
    Outcome nvarchar(50) NOT NULL,
    CONSTRAINT PK_Millrace_AppliedCommand PRIMARY KEY CLUSTERED (CommandID)
);
CREATE INDEX IX_Millrace_AppliedCommand_OrderNumber ON dbo.Millrace_AppliedCommand (OrderNumber);
END;
GO

-- The shop keeps UpdatedOn by one trigger per table, so every insert and update is two changes. The one on
-- Orders_ShoppingCart joins on ShoppingCartRecID alone, as in the shop: older lines with the same id are touched too.
CREATE OR ALTER TRIGGER dbo.OrderNumber_Updated ON dbo.OrderNumbers AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.OrderNumber_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.OrderNumbers AS t JOIN inserted AS i ON i.OrderNumber = t.OrderNumber;
END;
GO

CREATE OR ALTER TRIGGER dbo.Customer_Updated ON dbo.Customer AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Customer_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Customer AS t JOIN inserted AS i ON i.CustomerID = t.CustomerID;
END;
GO

CREATE OR ALTER TRIGGER dbo.Address_Updated ON dbo.Address AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Address_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Address AS t JOIN inserted AS i ON i.AddressID = t.AddressID;
END;
GO

CREATE OR ALTER TRIGGER dbo.Product_Updated ON dbo.Product AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Product_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Product AS t JOIN inserted AS i ON i.ProductID = t.ProductID;
END;
GO

CREATE OR ALTER TRIGGER dbo.ProductVariant_Updated ON dbo.ProductVariant AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.ProductVariant_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.ProductVariant AS t JOIN inserted AS i ON i.VariantID = t.VariantID;
END;
GO

CREATE OR ALTER TRIGGER dbo.Inventory_Updated ON dbo.Inventory AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Inventory_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Inventory AS t JOIN inserted AS i ON i.InventoryID = t.InventoryID;
END;
GO

CREATE OR ALTER TRIGGER dbo.ShoppingCart_Updated ON dbo.ShoppingCart AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.ShoppingCart_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.ShoppingCart AS t JOIN inserted AS i ON i.ShoppingCartRecID = t.ShoppingCartRecID;
END;
GO

CREATE OR ALTER TRIGGER dbo.Orders_Updated ON dbo.Orders AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Orders_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Orders AS t JOIN inserted AS i ON i.OrderNumber = t.OrderNumber;
END;
GO

CREATE OR ALTER TRIGGER dbo.Orders_ShoppingCart_Updated ON dbo.Orders_ShoppingCart AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Orders_ShoppingCart_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Orders_ShoppingCart AS t JOIN inserted AS i ON i.ShoppingCartRecID = t.ShoppingCartRecID;
END;
GO

CREATE OR ALTER TRIGGER dbo.OrderTransaction_Updated ON dbo.OrderTransaction AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.OrderTransaction_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.OrderTransaction AS t JOIN inserted AS i ON i.OrderTransactionID = t.OrderTransactionID;
END;
GO

-- A small catalog, so that a new shop has something to sell.
IF NOT EXISTS (SELECT 1 FROM dbo.Product)
BEGIN
SET IDENTITY_INSERT dbo.Product ON;
INSERT INTO dbo.Product (ProductID, Name, SKU, TrackInventoryBySizeAndColor, SEName) VALUES
    (1, N'Ridge 40 Trekking Pack', N'RDG-40', 0, N'ridge-40-trekking-pack'),
    (2, N'Harbour Rain Shell', N'HRS-01', 1, N'harbour-rain-shell'),
    (3, N'Kestrel Titanium Mug', N'KTM-45', 0, N'kestrel-titanium-mug'),
    (4, N'Lantern Glow 300', N'LGL-300', 0, N'lantern-glow-300'),
    (5, N'Merino Base Layer', N'MBL-20', 0, N'merino-base-layer'),
    (6, N'Pocket Stove Ember', N'PSE-07', 0, N'pocket-stove-ember'),
    (7, N'Fold Camp Chair', N'FCC-11', 0, N'fold-camp-chair'),
    (8, N'Quilt Down 5C', N'QDN-05', 0, N'quilt-down-5c'),
    (9, N'Trail Socks 3 Pack', N'TSK-03', 0, N'trail-socks-3-pack'),
    (10, N'Water Filter Clear', N'WFC-02', 0, N'water-filter-clear'),
    (11, N'Dry Bag 20L', N'DRB-20', 0, N'dry-bag-20l'),
    (12, N'Headlamp Beam 500', N'HLB-500', 0, N'headlamp-beam-500'),
    (13, N'Cook Set Duo', N'CKS-02', 0, N'cook-set-duo'),
    (14, N'Tent Solace 2P', N'TNT-S2', 0, N'tent-solace-2p'),
    (15, N'Trekking Poles Carbon', N'TPC-01', 0, N'trekking-poles-carbon'),
    (16, N'First Aid Kit Day', N'FAK-01', 0, N'first-aid-kit-day'),
    (17, N'Map Case Waterproof', N'MCW-01', 0, N'map-case-waterproof'),
    (18, N'Gear Repair Tape', N'GRT-05', 0, N'gear-repair-tape'),
    (19, N'Membership Ridge Club', N'MEM-12', 0, N'membership-ridge-club'),
    (20, N'Gift Card', N'GFT-50', 0, N'gift-card');
SET IDENTITY_INSERT dbo.Product OFF;
END;
GO
IF NOT EXISTS (SELECT 1 FROM dbo.ProductVariant)
BEGIN
SET IDENTITY_INSERT dbo.ProductVariant ON;
INSERT INTO dbo.ProductVariant (VariantID, ProductID, IsDefault, Name, SKUSuffix, Price, SalePrice, Weight, Inventory, IsRecurring, IsDownload) VALUES
    (1, 1, 1, N'Moss', N'-MOS', 149.00, NULL, 4.1, 250, 0, 0),
    (2, 1, 0, N'Slate', N'-SLT', 149.00, 129.00, 4.1, 250, 0, 0),
    (3, 2, 1, N'Small', N'-S', 189.00, NULL, 1.2, 250, 0, 0),
    (4, 2, 0, N'Medium', N'-M', 189.00, NULL, 1.2, 250, 0, 0),
    (5, 2, 0, N'Large', N'-L', 189.00, NULL, 1.3, 250, 0, 0),
    (6, 3, 1, N'', N'', 34.50, NULL, 0.2, 250, 0, 0),
    (7, 4, 1, N'', N'', 59.95, 49.95, 0.7, 250, 0, 0),
    (8, 5, 1, N'Small', N'-S', 79.00, NULL, 0.5, 250, 0, 0),
    (9, 5, 0, N'Large', N'-L', 79.00, NULL, 0.6, 250, 0, 0),
    (10, 6, 1, N'', N'', 42.25, NULL, 0.4, 250, 0, 0),
    (11, 7, 1, N'', N'', 64.00, NULL, 3.4, 250, 0, 0),
    (12, 8, 1, N'Regular', N'-R', 259.00, NULL, 2.2, 250, 0, 0),
    (13, 8, 0, N'Long', N'-L', 279.00, 259.00, 2.5, 250, 0, 0),
    (14, 9, 1, N'', N'', 27.99, NULL, 0.3, 250, 0, 0),
    (15, 10, 1, N'', N'', 38.49, NULL, 0.3, 250, 0, 0),
    (16, 11, 1, N'', N'', 24.00, NULL, 0.4, 250, 0, 0),
    (17, 12, 1, N'', N'', 74.99, 64.99, 0.3, 250, 0, 0),
    (18, 13, 1, N'', N'', 68.75, NULL, 1.6, 250, 0, 0),
    (19, 14, 1, N'', N'', 399.00, NULL, 5.4, 250, 0, 0),
    (20, 15, 1, N'', N'', 119.00, NULL, 1.1, 250, 0, 0),
    (21, 16, 1, N'', N'', 31.10, NULL, 0.6, 250, 0, 0),
    (22, 17, 1, N'', N'', 14.95, NULL, 0.1, 250, 0, 0),
    (23, 18, 1, N'', N'', 7.49, NULL, 0.1, 250, 0, 0),
    (24, 19, 1, N'Monthly', N'-MO', 9.00, NULL, 0, 1000, 1, 1),
    (25, 20, 1, N'Fifty', N'-50', 50.00, NULL, 0, 1000, 0, 1);
SET IDENTITY_INSERT dbo.ProductVariant OFF;
END;
GO
IF NOT EXISTS (SELECT 1 FROM dbo.Inventory)
INSERT INTO dbo.Inventory (VariantID, Color, Size, Quan) VALUES
    (3, NULL, N'Small', 80),
    (4, NULL, N'Medium', 80),
    (5, NULL, N'Large', 80);
GO
