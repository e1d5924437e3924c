-- Returns, which the shop has no table for: optional. Runs again without harm, after logins.sql; leave it out, and no
-- return is ever heard of. One row for each line that comes back; those of one parcel may share an RMANumber.
--   ReturnState    REQUESTED, APPROVED, RECEIVED, REFUNDED, REJECTED, CLOSED; it only goes forward
--   RefundAmount   what is to be paid back, tax included and RestockingFee taken off. A row that is RECEIVED and has one,
--                  or APPROVED when no goods are expected, is paid back at Stripe
--   RefundOrderNumber  the credit (an order of TransactionType 2) by which the shop pays it back, and nobody else;
--                  0 says that no credit of the order is for it
--   RefundReference    'Stripe re_…' is written by millrace_executor; what people write stays
--   RestockedOn    the goods are on the shop's shelf again: whoever puts them there sets it, and nobody does it twice
USE [$(DATABASE)];
GO

IF OBJECT_ID(N'dbo.Custom_OrderReturn', N'U') IS NULL
BEGIN
CREATE TABLE dbo.Custom_OrderReturn (
    OrderReturnID int IDENTITY(1,1) NOT NULL,
    OrderReturnGUID uniqueidentifier NOT NULL CONSTRAINT DF_Custom_OrderReturn_GUID DEFAULT (newid()),
    RMANumber nvarchar(30) NOT NULL,
    OrderNumber int NOT NULL,
    ShoppingCartRecID int NOT NULL,
    CustomerID int NOT NULL,
    ProductID int NOT NULL,
    VariantID int NOT NULL,
    Quantity int NOT NULL CONSTRAINT DF_Custom_OrderReturn_Quantity DEFAULT (1),
    ReasonCode nvarchar(50) NULL,
    ReturnState nvarchar(20) NOT NULL CONSTRAINT DF_Custom_OrderReturn_State DEFAULT ('REQUESTED'),
    GoodsExpected tinyint NOT NULL CONSTRAINT DF_Custom_OrderReturn_GoodsExpected DEFAULT (1),
    Restock tinyint NOT NULL CONSTRAINT DF_Custom_OrderReturn_Restock DEFAULT (0),
    RefundAmount money NULL,
    RestockingFee money NOT NULL CONSTRAINT DF_Custom_OrderReturn_RestockingFee DEFAULT (0),
    RefundOrderNumber int NULL,
    RefundReference nvarchar(255) NULL,
    Notes nvarchar(max) NULL,
    ApprovedOn datetime NULL,
    ReceivedOn datetime NULL,
    RefundedOn datetime NULL,
    RestockedOn datetime NULL,
    CreatedOn datetime NOT NULL CONSTRAINT DF_Custom_OrderReturn_CreatedOn DEFAULT (getdate()),
    UpdatedOn datetime NOT NULL CONSTRAINT DF_Custom_OrderReturn_UpdatedOn DEFAULT (getdate()),
    CONSTRAINT PK_Custom_OrderReturn PRIMARY KEY CLUSTERED (OrderReturnID)
);
CREATE INDEX IX_Custom_OrderReturn_OrderNumber ON dbo.Custom_OrderReturn (OrderNumber);
END;
GO

CREATE OR ALTER TRIGGER dbo.Custom_OrderReturn_Updated ON dbo.Custom_OrderReturn AFTER INSERT, UPDATE AS
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inserted) OR TRIGGER_NESTLEVEL(OBJECT_ID(N'dbo.Custom_OrderReturn_Updated')) > 1 RETURN;
    SET NOCOUNT ON;
    UPDATE t SET UpdatedOn = CURRENT_TIMESTAMP
    FROM dbo.Custom_OrderReturn AS t JOIN inserted AS i ON i.OrderReturnID = t.OrderReturnID;
END;
GO

-- Notes are people's, and never captured.
IF NOT EXISTS (SELECT 1 FROM cdc.change_tables WHERE capture_instance = N'dbo_Custom_OrderReturn')
BEGIN
    DECLARE @columns nvarchar(max) = N'[OrderReturnID], [RMANumber], [OrderNumber], [ShoppingCartRecID], [CustomerID], '
        + N'[ProductID], [VariantID], [Quantity], [ReasonCode], [ReturnState], [GoodsExpected], [Restock], [RefundAmount], '
        + N'[RestockingFee], [RefundOrderNumber], [RefundReference], [ApprovedOn], [ReceivedOn], [RefundedOn], '
        + N'[RestockedOn], [CreatedOn], [UpdatedOn]';
    EXEC sys.sp_cdc_enable_table
        @source_schema = N'dbo',
        @source_name = N'Custom_OrderReturn',
        @role_name = NULL,
        @supports_net_changes = 0,
        @captured_column_list = @columns;
END;
GO

GRANT SELECT ON dbo.Custom_OrderReturn (
    OrderReturnID, RMANumber, OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ReasonCode,
    ReturnState, GoodsExpected, Restock, RefundAmount, RestockingFee, RefundOrderNumber, RefundReference, ApprovedOn,
    ReceivedOn, RefundedOn, RestockedOn, CreatedOn, UpdatedOn
) TO [millrace_capture];
GO

GRANT SELECT ON dbo.Custom_OrderReturn (
    OrderReturnID, RMANumber, OrderNumber, ShoppingCartRecID, CustomerID, VariantID, Quantity, ReturnState, GoodsExpected,
    Restock, RefundAmount, RestockingFee, RefundOrderNumber, RefundReference, ReceivedOn, RefundedOn, RestockedOn, Notes,
    UpdatedOn
) TO [millrace_commands];
GRANT UPDATE ON dbo.Custom_OrderReturn (
    ReturnState, RefundAmount, RefundReference, RefundedOn, RestockedOn, Notes
) TO [millrace_commands];
-- What comes back goes on the shelf that it was taken from.
GRANT SELECT ON dbo.Orders_ShoppingCart (
    OrderNumber, ShoppingCartRecID, ProductID, VariantID, Quantity, ChosenColor, ChosenSize
) TO [millrace_commands];
GRANT SELECT ON dbo.Product (
    ProductID, TrackInventoryBySizeAndColor, TrackInventoryBySize, TrackInventoryByColor
) TO [millrace_commands];
GRANT SELECT ON dbo.ProductVariant (VariantID, ProductID, Inventory) TO [millrace_commands];
GRANT UPDATE ON dbo.ProductVariant (Inventory) TO [millrace_commands];
GRANT SELECT ON dbo.Inventory (InventoryID, VariantID, Color, Size, Quan) TO [millrace_commands];
GRANT UPDATE ON dbo.Inventory (Quan) TO [millrace_commands];
GO
